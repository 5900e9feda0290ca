"""Whether a release that was complete stays so. Pure, like ``rollout``; a flapping release passes a rollout in under a second."""

from worker.goal import Goal
from worker.memory import Memory
from worker.observation import Container, Observation, Pod
from worker.rollout import lost, progress, silent
from worker.trouble import CRASH, Trouble
from worker.verdict import State, Verdict


def judge_soak(seen: Observation, goal: Goal, memory: Memory, now: float, *, replicas: int) -> Verdict:
    """The state of a soak: FAILED with the first restart or missing replica, ROLLED_OUT when ``goal.deadline`` is reached without one.

    Args:
        memory: from ``memory.begin`` as the soak began.
        replicas: how many were wanted then; an autoscaler that asks for more during the soak breaks nothing.
    """
    return (
        lost(seen, goal)
        or _restarted(seen, goal, memory)
        or _fewer(seen, goal, replicas)
        or Verdict(State.WAITING if now < goal.deadline else State.ROLLED_OUT, progress(seen, goal))
    )


def _restarted(seen: Observation, goal: Goal, memory: Memory) -> Verdict | None:
    for pod in seen.pods_of(goal.uid, goal.template):
        trouble = _restart(pod, memory)
        if trouble:
            return Verdict(State.FAILED, trouble.reason, trouble)
    return None


def _restart(pod: Pod, memory: Memory) -> Trouble | None:
    for container in pod.containers:
        if container.ended and not container.init:
            return _crash(pod, container, f"ended ({container.ended})")
        if container.restarts > memory.restarts.get((pod.uid, container.name), 0):
            return _crash(pod, container, f"restarted ({container.last or 'cause unknown'})")
    return None


def _crash(pod: Pod, container: Container, how: str) -> Trouble:
    return Trouble(pod.uid, pod.name, container.name, CRASH, 0.0, f"container {container.name} {how}", previous=not container.ended)


def _fewer(seen: Observation, goal: Goal, replicas: int) -> Verdict | None:
    if seen.deployment.available >= min(replicas, seen.deployment.wanted):
        return None
    return Verdict(State.FAILED, f"did not stay available: {progress(seen, goal)}", silent(seen, goal))
