"""A lock between processes that is gone with its holder, however that ended. Protects nothing by itself."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def locked(path: Path) -> Iterator[int]:
    """Hold the lock on a file, which is made.

    Yields:
        Its descriptor: a child that inherits it holds the lock until it has ended too.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file.fileno()
