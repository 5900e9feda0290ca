"""Folders as tar streams: packed so that the same content gives the same bytes, unpacked so that nothing gets out of its place."""

import io
import os
import shutil
import stat
import tarfile
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, Any

from pipeline.errors import StepFailed

LARGEST = 20 * 2**30
# Zip files, wheels among them, cannot hold an earlier year; the day leaves room for time zones.
MTIME = 315_619_200  # 1980-01-02


@contextmanager
def packed(
    root: Path, paths: Iterable[str], *, prefix: str = "", owner: int = 0, instead: Mapping[str, bytes] | None = None
) -> Iterator[IO[bytes]]:
    """``paths`` of ``root`` as a tar in a temporary file, at its beginning.

    Args:
        paths: relative to ``root``; what is no file, folder or symbolic link is left out.
        prefix: the folder they are put into, packed as well.
        owner: user and group id of all of it.
        instead: contents to pack in place of those files' own.
    """
    with tempfile.TemporaryFile() as file:
        with tarfile.open(fileobj=file, mode="w") as archive:
            if prefix:
                archive.addfile(_member(prefix, tarfile.DIRTYPE, 0o755, owner))
            for path in sorted(paths):
                _add(archive, root / path, f"{prefix}/{path}".lstrip("/"), owner, (instead or {}).get(path))
        file.seek(0)
        yield file


def unpack(chunks: Iterable[bytes], destination: Path) -> None:
    """Unpack a tar stream's one top entry, file or folder, as ``destination``, which is made.

    Raises:
        StepFailed: it holds a link, a device or a path that leads elsewhere, or is larger than ``LARGEST`` bytes.
    """
    left = LARGEST
    with tarfile.open(fileobj=io.BufferedReader(_Chunks(iter(chunks))), mode="r|") as archive:
        for member in archive:
            left -= member.size
            if left < 0:
                raise StepFailed(f"{member.name} and what stands beside it is larger than {LARGEST >> 30} GiB and is not brought out")
            _extract(archive, member, destination)


def _add(archive: tarfile.TarFile, path: Path, name: str, owner: int, content: bytes | None) -> None:
    mode = path.lstat().st_mode
    if stat.S_ISLNK(mode):
        member = _member(name, tarfile.SYMTYPE, 0o777, owner)
        member.linkname = os.readlink(path)
        archive.addfile(member)
    elif stat.S_ISDIR(mode):
        archive.addfile(_member(name, tarfile.DIRTYPE, 0o755, owner))
    elif stat.S_ISREG(mode):
        member = _member(name, tarfile.REGTYPE, 0o755 if mode & stat.S_IXUSR else 0o644, owner)
        with path.open("rb") if content is None else io.BytesIO(content) as source:
            member.size = source.seek(0, os.SEEK_END)
            source.seek(0)
            archive.addfile(member, source)


def _member(name: str, kind: bytes, mode: int, owner: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type, member.mode, member.mtime = kind, mode, MTIME
    member.uid = member.gid = owner
    return member


def _extract(archive: tarfile.TarFile, member: tarfile.TarInfo, destination: Path) -> None:
    inside = PurePosixPath(*PurePosixPath(member.name).parts[1:])
    if ".." in inside.parts or not (member.isfile() or member.isdir()):
        raise StepFailed(f"{member.name} is a link, a device or leads out of its folder; only plain files and folders are brought out")
    target = destination / inside
    if member.isdir():
        target.mkdir(parents=True, exist_ok=True)
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    source = archive.extractfile(member)
    with target.open("wb") as file:
        shutil.copyfileobj(source or io.BytesIO(), file)


class _Chunks(io.RawIOBase):
    """An iterator of bytes as a file to read."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._rest:
            chunk = next(self._chunks, None)
            if chunk is None:
                return 0
            self._rest = chunk
        taken = self._rest[: len(buffer)]
        buffer[: len(taken)] = taken
        self._rest = self._rest[len(taken) :]
        return len(taken)
