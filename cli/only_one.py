"""One ``pushrail up`` for each data folder: two would run two Redis servers over the same file, and two gateways on the same ports."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from pipeline.errors import SettingsError


@contextmanager
def only_one(data_dir: Path) -> Iterator[None]:
    """Hold the folder for the length of the block; the lock is gone with its process, however that ended.

    Raises:
        SettingsError: another process holds it, or it cannot be written to.
    """
    with _open(data_dir / "up.lock") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            lock.seek(0)
            holder = f" (process {pid})" if (pid := lock.read().strip()) else ""
            raise SettingsError(
                f"another pushrail up{holder} uses {data_dir}; stop it, or give this one a --data-dir of its own"
            ) from error
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def _open(path: Path) -> IO[str]:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.open("a+")
    except OSError as error:
        raise SettingsError(f"{path.parent} cannot be written to: {error.strerror}; --data-dir names another folder") from error
