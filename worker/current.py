"""``pipeline.yaml`` as it is now, for a process that outlives its edits."""

import logging
from collections.abc import Callable
from pathlib import Path

from pipeline.errors import SpecError
from pipeline.spec import Spec, load

logger = logging.getLogger(__name__)


def current(path: Path) -> Callable[[], Spec]:
    """Read the file, and have it read again whenever it has changed; while what it says cannot be used, what it said before counts.

    Raises:
        SpecError: it cannot be used as it is now.
    """
    spec, stamp = load(path), _stamp(path)

    def read() -> Spec:
        nonlocal spec, stamp
        if (now := _stamp(path)) != stamp:
            stamp = now
            try:
                spec = load(path)
            except SpecError as error:
                logger.warning("%s cannot be used as it is now, what it said before counts: %s", path, error)
        return spec

    return read


def _stamp(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except OSError:
        return 0, 0
    return found.st_mtime_ns, found.st_ino
