"""From what is observed of a Deployment to a verdict on the release. Pure: no network, no clock; every moment is an argument.

The order of the questions in ``judge`` is the rule. ``kubectl rollout status`` asks only the Deployment's counters and believes an old
condition; here pods are asked first (a bad image is seen at once, not at the deadline), and a condition counts only when it is new.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from worker.observation import Observation
from worker.trouble import CONFIRMED, Trouble, troubles

GRACE = 60.0


class State(StrEnum):
    """What is known of a release. All but ``WAITING`` are final."""

    WAITING = "waiting"
    ROLLED_OUT = "rolled_out"
    FAILED = "failed"
    SUPERSEDED = "superseded"  # somebody else changed the Deployment after us
    ABORTED = "aborted"  # the Deployment is gone
    BLOCKED = "blocked"  # it cannot move until a person acts

    @property
    def is_final(self) -> bool:
        return self is not State.WAITING


@dataclass(frozen=True, slots=True)
class Verdict:
    """``reason`` is for people, empty while there is nothing to tell; ``trouble`` names the container whose log tells more."""

    state: State
    reason: str
    trouble: Trouble | None = None


@dataclass(frozen=True, slots=True)
class Goal:
    """What a rollout wants to see.

    Args:
        generation: of the Deployment as the patch returned it; older news say nothing.
        template: its fingerprint.
        run: id of the run that patched.
        deadline: when patience ends, on the clock of ``now``.
        stalled: the ProgressDeadlineExceeded that was there before the patch; the controller leaves it standing when it finds an existing
            ReplicaSet, as in every rollback (kubernetes#124264).
        grace: seconds the cluster may take to find room for a pod.
    """

    uid: str
    generation: int
    template: str
    run: str
    deadline: float
    stalled: str = ""
    grace: float = GRACE


@dataclass(frozen=True, slots=True)
class Memory:
    """What single observations do not show: restarts from before the rollout, and since when each trouble lasts."""

    restarts: Mapping[tuple[str, str], int] = field(default_factory=dict)
    since: Mapping[tuple[str, str, str], tuple[float, Trouble]] = field(default_factory=dict)


def begin(seen: Observation) -> Memory:
    """The memory to start with: what pods that already run have been through is not the new release's fault."""
    return Memory({(pod.uid, container.name): container.restarts for pod in seen.pods for container in pod.containers})


def remember(memory: Memory, seen: Observation, goal: Goal, now: float) -> Memory:
    """Add one observation. A trouble keeps its first words, unless it becomes clearer: only ErrImagePull carries the cause (krane#124)."""
    since = {}
    for trouble in _troubles(seen, goal, memory):
        began, first = memory.since.get(trouble.key, (now, trouble))
        since[trouble.key] = began, min(first, trouble, key=lambda told: told.patience)
    return replace(memory, since=since)


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
        or _stalled(seen, goal)
        or _late(seen, goal, now)
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
            if not container.ready and not (container.init and container.ended):
                state = f"waits: {container.waiting}" if container.waiting else "runs but is not ready"
                return Trouble(pod.uid, pod.name, container.name, "silent", 0.0, f"container {container.name} of {pod.name} {state}")
    return None


def _untouched(seen: Observation, goal: Goal, now: float) -> Verdict | None:
    """The counters and conditions are still about what was there before."""
    if seen.deployment.observed >= goal.generation:
        return None
    if now < goal.deadline:
        return Verdict(State.WAITING, "")
    return Verdict(State.FAILED, "the deployment controller did not take up the change in time")


def _troubles(seen: Observation, goal: Goal, memory: Memory) -> list[Trouble]:
    pods = seen.pods_of(goal.uid, goal.template)
    found = [trouble for pod in pods for trouble in troubles(pod, memory.restarts, goal.grace)]
    refused = _refused(seen, goal)
    if refused:
        found.append(Trouble("", "", "", "create", goal.grace if pods else CONFIRMED, f"no pod can be created: {refused}"))
    return found


def _refused(seen: Observation, goal: Goal) -> str:
    """Why pods of ours cannot be created; the Deployment's own word may be about an old ReplicaSet while ours exists."""
    sets = seen.sets_of(goal.uid, goal.template)
    return next((found.refused for found in sets if found.refused), "") if sets else seen.deployment.refused


def _doomed(seen: Observation, goal: Goal, memory: Memory, now: float) -> Verdict | None:
    """Quorum: with no new pod ready one fatal pod decides, else fatal pods must be half of what is wanted."""
    fatal = [trouble for began, trouble in memory.since.values() if now - began >= trouble.patience]
    pods = seen.pods_of(goal.uid, goal.template)
    doomed = {trouble.pod for trouble in fatal} & {pod.uid for pod in pods if pod.phase != "Failed"}
    if not fatal or (any(pod.ready for pod in pods) and 2 * len(doomed) < seen.deployment.wanted):
        return None
    worst = min(fatal, key=lambda trouble: trouble.patience)
    return Verdict(State.FAILED, worst.reason, worst)


def _stalled(seen: Observation, goal: Goal) -> Verdict | None:
    if seen.deployment.stalled > goal.stalled:
        return Verdict(State.FAILED, "the Deployment made no progress within its progressDeadlineSeconds", silent(seen, goal))
    return None


def _late(seen: Observation, goal: Goal, now: float) -> Verdict | None:
    if now < goal.deadline:
        return None
    quiet = silent(seen, goal)
    return Verdict(State.FAILED, f"not ready in time: {progress(seen, goal)}{f'; {quiet.reason}' if quiet else ''}", quiet)
