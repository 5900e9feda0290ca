"""The folder an attempt works in: its own alone, and gone with it."""

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.model import Run


@contextmanager
def workspace(root: Path, run: Run) -> Iterator[Path]:
    """A new folder under ``root`` for the length of the block.

    An attempt that lost its run may still be at work beside the one that took it over, so each has a folder of its own. What attempts
    left behind that were killed goes when the next one begins: their locks went with them.
    """
    root.mkdir(parents=True, exist_ok=True)
    _sweep(root)
    folder = root / f"{run.id}-{run.fence}"
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            yield folder
        finally:
            _remove(folder)


def _sweep(root: Path) -> None:
    for path in root.glob("*.lock"):
        with path.open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            _remove(path.with_suffix(""))


def _remove(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.with_suffix(".lock").unlink(missing_ok=True)
