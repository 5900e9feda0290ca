"""Whether files changed: looked at from time to time, told when they have come to rest. Reads none of them."""

from collections.abc import Iterable
from pathlib import Path

_Stamp = tuple[int, int, int, int]


class Files:
    """``paths`` as they are now; a change that goes on from look to look, such as a file being written, is not told until it is over."""

    def __init__(self, paths: Iterable[Path]) -> None:
        self._paths = sorted(paths)
        self._told = self._seen = self._stamps()

    def changed(self) -> bool:
        """Look; true once for each change."""
        before, self._seen = self._seen, self._stamps()
        if self._seen != before or self._seen == self._told:
            return False
        self._told = self._seen
        return True

    def _stamps(self) -> list[_Stamp | None]:
        return [_stamp(path) for path in self._paths]


def _stamp(path: Path) -> _Stamp | None:
    """What changes with a file, or where a symbolic link on the way to it leads elsewhere, as in a Secret that Kubernetes mounts."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns
