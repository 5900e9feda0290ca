"""What a replica asks of that which runs it, be it a process or a container. Starts nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from worker.gateway.desired import Desired, Release


class CannotStart(Exception):
    """The release cannot be started; the message says why."""


class Unavailable(Exception):
    """What runs replicas does not answer, which says nothing about the release; the message says what."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How one start of a replica came to its end.

    Args:
        code: exit code, negative for a signal of a process; None when nobody knows it.
        reason: the end in words.
    """

    code: int | None
    reason: str


class Running(Protocol):
    """One start of a replica, from its beginning to its end.

    Args:
        name: what it is known by: a process's id, a container's name.
        port: of 127.0.0.1, where it answers.
        outlives: whether it goes on without the gateway and is found again by the next.
    """

    name: str
    port: int
    outlives: bool

    async def ended(self) -> Ending:
        """Wait for its end and clear away what it leaves behind."""

    def terminate(self) -> None:
        """Ask it to end, as an engine asks process 1; what it makes of it is its own matter."""

    def kill(self) -> None:
        """End all of it now."""

    async def log(self, lines: int) -> Sequence[str]:
        """The last lines of its replica's output, this start's or an earlier one's."""


class Starter(Protocol):
    """Starts the replicas of one kind of release."""

    def open(self, live: Sequence[Desired]) -> None:
        """The gateway begins to serve and brings ``live`` back."""

    async def start(self, desired: Desired, log: Path) -> Running:
        """Start one replica, or find one that outlived an earlier gateway.

        Args:
            log: the replica's file, for what must be read after its end.

        Raises:
            CannotStart: the release is at fault.
            Unavailable: what starts it does not answer; it may be asked again.
        """

    def close(self) -> None:
        """The gateway ends."""


Starters = Mapping[type[Release], Starter]
