"""The output of one replica: a file that does not grow for ever, and its end. Knows no process."""

import contextlib
import os
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

_BYTES = 8 * 1024 * 1024
_KEPT = 20


def path_for(folder: Path, app: str, number: int) -> Path:
    """Where the output of an app's replica goes that begins now."""
    return folder / app / f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{number}.log"


def open_log(path: Path) -> BinaryIO:
    """Open a log to write on, and remove all but the newest of those beside it; OSError when the disk will not have it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    for old in sorted(path.parent.glob("*.log"), key=lambda it: it.stat().st_mtime)[:-_KEPT]:
        old.unlink(missing_ok=True)
        _before(old).unlink(missing_ok=True)
    # Appending, so that cutting the file short under the writer leaves no hole.
    return path.open("ab", buffering=0)


def bound(path: Path) -> None:
    """Move what a log holds aside when it has grown over 8 MiB; nothing when somebody removed it."""
    with contextlib.suppress(FileNotFoundError):
        if path.stat().st_size > _BYTES:
            shutil.copyfile(path, _before(path))
            os.truncate(path, 0)


def tail(path: Path, lines: int) -> tuple[str, ...]:
    """The last lines, or none when there is no such file."""
    try:
        with path.open("rb") as file:
            file.seek(max(file.seek(0, 2) - 200 * lines, 0))
            return tuple(file.read().decode(errors="replace").splitlines()[-lines:])
    except FileNotFoundError:
        return ()


def _before(path: Path) -> Path:
    return path.with_suffix(".log.1")
