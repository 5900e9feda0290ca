"""What a rolling update does next, from how the replicas stand; pure.

The rules of Kubernetes' deployment controller (kubernetes/pkg/controller/deployment/rolling.go and util/deployment_util.go,
NewRSNewReplicas) with maxUnavailable 0 and maxSurge 1, one act at a time. Draining replicas do not count, as terminating pods do not.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from worker.gateway.status import State

SURGE = 1


@dataclass(frozen=True, slots=True)
class Member:
    """What the decision sees of a replica that is not draining; ``current`` means it is of the desired release."""

    id: int
    current: bool
    state: State


@dataclass(frozen=True, slots=True)
class Start:
    """Start one replica of the desired release."""


@dataclass(frozen=True, slots=True)
class Drain:
    """Take this replica out of the pool and end it."""

    id: int


def next_act(members: Sequence[Member], wanted: int) -> Start | Drain | None:
    """The one thing to do now, or None when there is only to wait or nothing left."""
    current = [member for member in members if member.current]
    old = [member for member in members if not member.current]
    if len(current) > wanted:
        return Drain(_least_useful(current))
    if len(current) < wanted and len(members) < wanted + SURGE:
        return Start()
    return Drain(_least_useful(old)) if old and _may_lose(current, old, wanted) else None


def _may_lose(current: Sequence[Member], old: Sequence[Member], wanted: int) -> bool:
    """Whether one of ``old`` may go: an unready one when there are enough without it, a ready one when enough others are ready."""
    unready_current = len(current) - _ready(current)
    if len(current) + len(old) - wanted - unready_current <= 0:
        return False
    return _ready(old) < len(old) or _ready(current) + _ready(old) > wanted


def _ready(members: Sequence[Member]) -> int:
    return sum(member.state is State.READY for member in members)


def _least_useful(members: Sequence[Member]) -> int:
    """Unready before ready, then the oldest."""
    return min(members, key=lambda member: (member.state is State.READY, member.id)).id


def complete(members: Sequence[Member], wanted: int) -> bool:
    """Whether exactly the wanted replicas of the desired release are there and ready; an app that is stopped is not."""
    return 0 < wanted == len(members) and all(member.current and member.state is State.READY for member in members)
