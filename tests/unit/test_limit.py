"""The wall-clock limit: it ends what takes too long, nests, and leaves nothing behind."""

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType

import pytest

from worker.limit import TimeLimit, limit

NEVER = threading.Event()


@pytest.fixture(autouse=True)
def no_other_timer() -> Iterator[None]:
    """The test runner's own alarm stands still meanwhile."""
    left, _ = signal.setitimer(signal.ITIMER_REAL, 0)
    yield
    signal.setitimer(signal.ITIMER_REAL, left)


def nothing(signum: int, frame: FrameType | None) -> None:
    pass


def test_work_that_takes_too_long_is_ended() -> None:
    with pytest.raises(TimeLimit), limit(0.01):
        NEVER.wait(20)


def test_a_broad_except_does_not_swallow_it() -> None:
    with pytest.raises(TimeLimit), limit(0.01), contextlib.suppress(Exception):
        NEVER.wait(20)


def test_a_limit_of_nothing_is_up_at_once() -> None:
    with pytest.raises(TimeLimit), limit(0):
        NEVER.wait(20)


@pytest.mark.parametrize("fails", [False, True])
def test_afterwards_neither_timer_nor_handler_is_left(fails: bool) -> None:
    before = signal.signal(signal.SIGALRM, nothing)
    try:
        with pytest.raises(ValueError, match="x") if fails else limit(20), limit(20):
            if fails:
                raise ValueError("x")
        assert (signal.getitimer(signal.ITIMER_REAL)[0], signal.getsignal(signal.SIGALRM)) == (0, nothing)
    finally:
        signal.signal(signal.SIGALRM, before)


def test_the_inner_of_two_limits_ends_first_and_the_outer_one_goes_on() -> None:
    with limit(20):
        with pytest.raises(TimeLimit), limit(0.01):
            NEVER.wait(20)
        assert 0 < signal.getitimer(signal.ITIMER_REAL)[0] <= 20


def test_the_outer_limit_counts_within_the_inner_one() -> None:
    with pytest.raises(TimeLimit), limit(0.01), limit(20):
        NEVER.wait(20)
