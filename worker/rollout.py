"""From what is observed of a Deployment to a verdict on the release. Pure: no network, no clock; every moment is an argument.

The order of the questions in ``judge`` is the rule. ``kubectl rollout status`` asks only the Deployment's counters and believes an old
condition; here pods are asked first (a bad image is seen at once, not at the deadline), and a condition counts only when it is new.
"""

from dataclasses import replace

from worker.goal import Goal
from worker.memory import Memory
from worker.observation import Observation
from worker.trouble import Trouble
from worker.verdict import State, Verdict


def judge(seen: Observation, goal: Goal, memory: Memory, now: float) -> Verdict:
    """The state of a rollout.

    Args:
        memory: with this observation already added by ``remember``.
        now: seconds on the clock of ``goal.deadline``.
    """
    return (
        lost(seen, goal)
        or _untouched(seen, goal, now)
        or _doomed(seen, goal, memory, now)
        or (Verdict(State.ROLLED_OUT, progress(seen, goal)) if seen.complete else None)
        or _stalled(seen, goal, memory)
        or _late(seen, goal, memory, now)
        or Verdict(State.WAITING, progress(seen, goal))
    )


def lost(seen: Observation, goal: Goal) -> Verdict | None:
    """Why there is nothing of ours to judge, if so."""
    deployment = seen.deployment
    if deployment.uid != goal.uid:
        return Verdict(State.ABORTED, "the Deployment was deleted")
    if deployment.generation < goal.generation:
        return Verdict(State.WAITING, "")
    if (deployment.template, deployment.run) != (goal.template, goal.run):
        return Verdict(State.SUPERSEDED, "somebody else changed the Deployment after this run did")
    if deployment.paused:
        return Verdict(State.BLOCKED, "the Deployment is paused")
    if deployment.wanted == 0:
        return Verdict(State.BLOCKED, "the Deployment is scaled to 0 replicas: nothing runs, so nothing is verified")
    return None


def progress(seen: Observation, goal: Goal) -> str:
    """How far it is, in one line."""
    deployment = seen.deployment
    ready = sum(pod.ready for pod in seen.pods_of(goal.uid, goal.template))
    return f"{deployment.updated}/{deployment.wanted} updated, {ready} ready, {deployment.available} available"


def silent(seen: Observation, goal: Goal) -> Trouble | None:
    """A container that is not ready though nothing is known to be wrong with it."""
    for pod in seen.pods_of(goal.uid, goal.template):
        for container in pod.containers:
            if not (container.ready or container.starting or (container.init and container.ended)):
                state = f"waits: {container.waiting}" if container.waiting else "runs but is not ready"
                return Trouble(pod.uid, pod.name, container.name, "silent", 0.0, f"container {container.name} of {pod.name} {state}")
    return None


def _untouched(seen: Observation, goal: Goal, now: float) -> Verdict | None:
    """The counters and conditions are still about what was there before."""
    if seen.deployment.observed >= goal.generation:
        return None
    if now < goal.deadline:
        return Verdict(State.WAITING, "")
    return Verdict(State.STARVED, "the deployment controller did not take up the change in time")


def _doomed(seen: Observation, goal: Goal, memory: Memory, now: float) -> Verdict | None:
    """Quorum: with no new pod ready one fatal pod decides, else fatal pods must be half of what is wanted."""
    lasting = memory.lasting(now)
    pods = seen.pods_of(goal.uid, goal.template)
    doomed = {trouble.pod for trouble in lasting} & {pod.uid for pod in pods if pod.phase != "Failed"}
    if not lasting or (any(pod.ready for pod in pods) and 2 * len(doomed) < seen.deployment.wanted):
        return None
    return _of(min(lasting, key=lambda trouble: (trouble.of_cluster, trouble.patience)))


def _of(trouble: Trouble) -> Verdict:
    return Verdict(State.STARVED if trouble.of_cluster else State.FAILED, trouble.reason, trouble)


def _stalled(seen: Observation, goal: Goal, memory: Memory) -> Verdict | None:
    if seen.deployment.stalled <= goal.stalled:
        return None
    return _overdue("the Deployment made no progress within its progressDeadlineSeconds", seen, goal, memory)


def _late(seen: Observation, goal: Goal, memory: Memory, now: float) -> Verdict | None:
    if now < goal.deadline:
        return None
    return _overdue(f"not ready in time: {progress(seen, goal)}", seen, goal, memory)


def _overdue(what: str, seen: Observation, goal: Goal, memory: Memory) -> Verdict:
    """Time is up: what runs and is not ready is to blame before a cluster that kept others from running."""
    cause = memory.worst()
    if cause is None or cause.of_cluster:
        cause = silent(seen, goal) or cause
    return replace(_of(cause), reason=f"{what}; {cause.reason}") if cause else Verdict(State.FAILED, what)
