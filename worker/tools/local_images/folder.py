"""Folders that become images: copied, made read-only, measured. Knows no image."""

import os
import shutil
import stat
from collections.abc import Iterable
from pathlib import Path

from pipeline.errors import StepFailed


def copy_plain(source: Path, destination: Path) -> None:
    """Copy a file or folder; StepFailed when it holds a link or a device."""
    for path in (source, *(source.rglob("*") if source.is_dir() else ())):
        if path.is_symlink() or not (path.is_file() or path.is_dir()):
            raise StepFailed(f"{path.name} is a link or a device; only plain files and folders are brought out")
    if source.is_dir():
        shutil.copytree(source, destination, copy_function=shutil.copyfile)
    else:
        shutil.copyfile(source, destination)


def copy_paths(root: Path, paths: Iterable[str], destination: Path) -> None:
    """Copy these paths of ``root``, links as links."""
    destination.mkdir()
    for path in sorted(paths):
        source, target = root / path, destination / path
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir() and not source.is_symlink():
            target.mkdir(exist_ok=True)
        else:
            shutil.copy(source, target, follow_symlinks=False)


def read_only(folder: Path) -> None:
    """Take every right to write from the files below; folders keep theirs, so that their owner can still delete them."""
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink():
            path.chmod(stat.S_IMODE(path.stat().st_mode) & ~0o222)


def size(folder: Path) -> int:
    """Bytes of the files below."""
    return sum(path.lstat().st_size for path in folder.rglob("*") if not path.is_dir() or path.is_symlink())


def write_atomically(path: Path, text: str) -> None:
    """Write a file so that it is seen whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_text(text, "utf-8")
    os.replace(draft, path)
