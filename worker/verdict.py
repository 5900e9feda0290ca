"""What is concluded about a release."""

from dataclasses import dataclass
from enum import StrEnum

from worker.trouble import Trouble


class State(StrEnum):
    """What is known of a release. All but ``WAITING`` are final."""

    WAITING = "waiting"
    ROLLED_OUT = "rolled_out"
    FAILED = "failed"
    STARVED = "starved"  # the cluster could not run it (room, quota, volumes, nodes), which says nothing of the release
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
