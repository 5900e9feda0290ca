"""A run's log in Redis: text that only grows, read from a byte offset, told of piece by piece. Never decides anything about the run."""

import codecs

from pipeline.connection import PREFIX, Client, available

MOST_BYTES = 4 * 1024 * 1024
LONGEST_CHARACTER = 4
"""Bytes; to read so many is to see whether there is anything to read."""

_CUT = "… log cut at 4 MiB; the whole of it is on the worker as logs/{run}.log\n"


class RunLog:
    """The log of every run; ``read`` is for people, ``append`` for the worker that has the run."""

    def __init__(self, redis: Client) -> None:
        self.redis = redis

    def append(self, run: str, text: bytes) -> None:
        """Add to the log and wake who waits for it; at 4 MiB a last line says so, and from there on it only wakes them."""
        key = f"{PREFIX}log:{run}"
        with available():
            room = MOST_BYTES - int(self.redis.strlen(key))
            if room > 0:
                self.redis.append(key, text if len(text) < room else _until(text, room) + _CUT.format(run=run).encode())
            self.redis.publish(key, "more")

    def read(self, run: str, offset: int, limit: int = 256 * 1024) -> bytes:
        """At most ``limit`` bytes from byte ``offset`` on; a character cut at the end is left for the next read."""
        with available():
            piece = bytes(self.redis.getrange(f"{PREFIX}log:{run}", offset, offset + limit - 1))
        return _whole(piece)


def _until(text: bytes, room: int) -> bytes:
    """What fits, with its last line ended; the log is then at its limit even where a character had to go."""
    kept = _whole(text[:room])
    return kept if kept.endswith(b"\n") else kept + b"\n"


def _whole(piece: bytes) -> bytes:
    """Without the character that is cut at the end."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    decoder.decode(piece)
    return piece[: len(piece) - len(decoder.getstate()[0])]
