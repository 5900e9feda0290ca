"""Waiting for something to become true, with a deadline instead of a guess."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def wait_until(read: Callable[[], T], seconds: float = 15.0, every: float = 0.02) -> T:
    """Call ``read`` until it returns something true and return that; fails the test after ``seconds``."""
    end = time.monotonic() + seconds
    while not (value := read()):
        assert time.monotonic() < end, f"not within {seconds} s: {read}"
        time.sleep(every)
    return value
