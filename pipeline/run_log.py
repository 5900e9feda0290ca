"""A run's log in Redis: text that only grows, read from a byte offset. Never decides anything about the run."""

import time
from collections.abc import Callable

from pipeline.connection import Client, available
from pipeline.store import PREFIX

MOST_BYTES = 4 * 1024 * 1024


class RunLog:
    """The log of every run; ``read`` is for people, ``append`` for the worker that has the run."""

    def __init__(self, redis: Client) -> None:
        self.redis = redis

    def append(self, run: str, text: bytes) -> None:
        """Add to the log and wake who waits for it; past 4 MiB it only wakes them."""
        key = f"{PREFIX}log:{run}"
        with available():
            if self.redis.strlen(key) < MOST_BYTES:
                self.redis.append(key, text)
            self.redis.publish(key, "more")

    def read(self, run: str, offset: int, limit: int = 256 * 1024) -> bytes:
        """At most ``limit`` bytes from byte ``offset`` on; a character cut at the end is left for the next read."""
        with available():
            piece = bytes(self.redis.getrange(f"{PREFIX}log:{run}", offset, offset + limit - 1))
        return piece.decode("utf-8", "ignore").encode() if len(piece) == limit else piece

    def wait(self, run: str, offset: int, seconds: float, ended: Callable[[], bool]) -> bytes:
        """Like ``read``, but wait up to ``seconds`` for text to be there; ``ended`` says that none will come."""
        with available(), self.redis.pubsub(ignore_subscribe_messages=True) as listener:
            listener.subscribe(f"{PREFIX}log:{run}")
            until = time.monotonic() + seconds
            while not (piece := self.read(run, offset)) and not ended() and (left := until - time.monotonic()) > 0:
                listener.get_message(timeout=min(left, 1.0))
        return piece
