"""What a rollout wants to see."""

from dataclasses import dataclass

from worker.observation import Deployment

GRACE = 60.0
"""Seconds a cluster may take to find room for a pod."""


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
        grace: seconds the cluster may take to find room for a pod; the pods it replaces hold theirs until they have ended (KEP-3973).
    """

    uid: str
    generation: int
    template: str
    run: str
    deadline: float
    stalled: str = ""
    grace: float = GRACE


def goal_of(patched: Deployment, run: str, deadline: float) -> Goal:
    """The goal of a patch, from the Deployment as the patch returned it."""
    grace = max(GRACE, patched.drain)
    return Goal(patched.uid, patched.generation, patched.template, run, deadline, patched.stalled, grace)
