"""A wall-clock limit around a piece of work in the main thread."""

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_AT_ONCE = 1e-6


class TimeLimit(BaseException):
    """The work took too long. No ``Exception``, so that a broad ``except`` in a library cannot swallow it (rq#2296)."""


@contextmanager
def limit(seconds: float) -> Iterator[None]:
    """Raise TimeLimit in the block when it is still running after ``seconds``; within another limit's block, when either is up."""

    def ring(signum: int, frame: FrameType | None) -> None:
        raise TimeLimit

    before = signal.signal(signal.SIGALRM, ring)
    outer, _ = signal.getitimer(signal.ITIMER_REAL)
    begun = time.monotonic()
    signal.setitimer(signal.ITIMER_REAL, max(min(seconds, outer or seconds), _AT_ONCE))
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        if outer:
            signal.setitimer(signal.ITIMER_REAL, max(outer - (time.monotonic() - begun), _AT_ONCE))
