"""Folders by what they hold: two with the same names, bytes and executable bits have the same digest. Touches nothing."""

import hashlib
from collections.abc import Iterator, Sequence
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


def matches(folder: Path, pattern: str) -> bool:
    """Whether any file under ``folder`` is meant by a pattern."""
    return any(True for _ in _files(folder, (pattern,)))


def _files(folder: Path, patterns: Sequence[str]) -> Iterator[Path]:
    """The files a pattern names; one that names a folder means all below it."""
    named = {path for pattern in patterns for path in folder.glob(pattern.rstrip("/"))}
    below = {path for found in named if found.is_dir() and not found.is_symlink() for path in found.rglob("*")}
    return (path for path in named | below if path.is_symlink() or path.is_file())
