"""What single observations do not show: what was there before, and since when each trouble lasts. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from worker.goal import Goal
from worker.observation import Observation
from worker.trouble import CONFIRMED, IMAGE, ROOM, Trouble, troubles


@dataclass(frozen=True, slots=True)
class Memory:
    """Restarts of each (pod, container) from before the rollout, and each trouble with the moment it began."""

    restarts: Mapping[tuple[str, str], int] = field(default_factory=dict)
    since: Mapping[tuple[str, str, str], tuple[float, Trouble]] = field(default_factory=dict)

    def lasting(self, now: float) -> list[Trouble]:
        """The troubles that have outlasted their patience."""
        return [trouble for began, trouble in self.since.values() if now - began >= trouble.patience]

    def worst(self) -> Trouble | None:
        """The one trouble to tell: the release's own before the cluster's, and the most certain first."""
        return min((trouble for _, trouble in self.since.values()), key=lambda found: (found.of_cluster, found.patience), default=None)


def begin(seen: Observation) -> Memory:
    """The memory to start with: what pods that already run have been through is not the new release's fault."""
    return Memory({(pod.uid, container.name): container.restarts for pod in seen.pods for container in pod.containers})


def remember(memory: Memory, seen: Observation, goal: Goal, now: float) -> Memory:
    """Add one observation."""
    since = {}
    for trouble in _troubles(seen, goal, memory):
        began, first = memory.since.get(trouble.key, (now, trouble))
        since[trouble.key] = began, _told(first, trouble)
    return replace(memory, since=since)


def _told(first: Trouble, now: Trouble) -> Trouble:
    """What to say of a trouble that lasts; of ErrImagePull and ImagePullBackOff only the first carries the cause (krane#124)."""
    return first if now.sort == IMAGE and first.patience <= now.patience else now


def _troubles(seen: Observation, goal: Goal, memory: Memory) -> Iterator[Trouble]:
    pods = seen.pods_of(goal.uid, goal.template)
    for pod in [pod for pod in pods if pod.phase != "Failed"] or pods:  # an evicted pod stays in sight when another has taken its place
        yield from troubles(pod, memory.restarts, goal.grace)
    refused = _refused(seen, goal)
    if refused:
        yield Trouble("", "", "", ROOM, goal.grace if pods else CONFIRMED, f"no pod can be created: {refused}")


def _refused(seen: Observation, goal: Goal) -> str:
    """Why pods of ours cannot be created; the Deployment's own word may be about an old ReplicaSet while ours exists."""
    sets = seen.sets_of(goal.uid, goal.template)
    return next((found.refused for found in sets if found.refused), "") if sets else seen.deployment.refused
