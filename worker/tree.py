"""Folders by what they hold: two with the same names, bytes and executable bits have the same digest. Touches nothing."""

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path


def digest(folder: Path, patterns: Sequence[str] = ("**",)) -> str:
    """Hash the files under ``folder`` that match one of the glob ``patterns``; 64 hex digits.

    Times, owners and the order of the file system do not count. A symbolic link counts as the text it holds.
    """
    total = hashlib.sha256()
    for path in sorted(_files(folder, patterns)):
        content = path.readlink().as_posix().encode() if path.is_symlink() else path.read_bytes()
        kind = "link" if path.is_symlink() else "exec" if path.stat().st_mode & 0o100 else "file"
        total.update(f"{path.relative_to(folder).as_posix()}\0{kind}\0{hashlib.sha256(content).hexdigest()}\n".encode())
    return total.hexdigest()


def combined(*parts: str) -> str:
    """One digest of several texts, none of which can run into the next; 64 hex digits."""
    return hashlib.sha256("".join(f"{len(part)}:{part}" for part in parts).encode()).hexdigest()


def _files(folder: Path, patterns: Sequence[str]) -> Iterable[Path]:
    found = {path for pattern in patterns for path in folder.glob(f"{pattern}/*" if pattern.endswith("**") else pattern)}
    return (path for path in found if path.is_symlink() or path.is_file())
