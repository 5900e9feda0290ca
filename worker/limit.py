"""A wall-clock limit around a piece of work in the main thread."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class TimeLimit(BaseException):
    """The work took too long. No ``Exception``, so that a broad ``except`` in a library cannot swallow it (rq#2296)."""


@contextmanager
def limit(seconds: float) -> Iterator[None]:
    """Raise TimeLimit in the block when it is still running after ``seconds``."""

    def ring(signum: int, frame: FrameType | None) -> None:
        raise TimeLimit

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
