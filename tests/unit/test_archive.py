"""Folders as tar streams, there and back."""

import io
import os
import tarfile
from pathlib import Path

import pytest

from pipeline.errors import StepFailed
from worker.tools.packaging import archive
from worker.tools.packaging.archive import packed, unpack


def stream(*members: tarfile.TarInfo) -> list[bytes]:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as tar:
        for member in members:
            tar.addfile(member, io.BytesIO(b"x" * member.size))
    return [file.getvalue()]


def member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "", size: int = 0) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.size = kind, link, size
    return info


def test_same_content_packs_to_the_same_bytes(tmp_path: Path) -> None:
    bytes_of = []
    for name, mode in (("a", 0o644), ("b", 0o660)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text("x")
        (tmp_path / name / "file").chmod(mode)
        os.utime(tmp_path / name / "file", (mode, mode))
        with packed(tmp_path / name, ["file"]) as file:
            bytes_of.append(file.read())
    assert bytes_of[0] == bytes_of[1]


def test_folder_goes_there_and_back(tmp_path: Path) -> None:
    (tmp_path / "in/deep").mkdir(parents=True)
    (tmp_path / "in/deep/file").write_bytes(b"x" * 100_000)
    with packed(tmp_path / "in", ["deep", "deep/file"], prefix="top", owner=7) as file:
        unpack(iter(lambda: file.read(1000), b""), tmp_path / "out")
    assert (tmp_path / "out/deep/file").read_bytes() == b"x" * 100_000


def test_content_may_be_packed_instead_of_a_files_own(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM a")
    with packed(tmp_path, ["Dockerfile"], instead={"Dockerfile": b"FROM b"}) as file, tarfile.open(fileobj=file) as tar:
        content = tar.extractfile("Dockerfile")
        assert content is not None
        assert content.read() == b"FROM b"


def test_one_file_becomes_the_destination(tmp_path: Path) -> None:
    unpack(stream(member("metrics.json", size=3)), tmp_path / "out.json")
    assert (tmp_path / "out.json").read_bytes() == b"xxx"


@pytest.mark.parametrize(
    "bad",
    [
        member("model/leak", tarfile.SYMTYPE, "/etc/passwd"),
        member("model/leak", tarfile.LNKTYPE, "../../etc/passwd"),
        member("model/device", tarfile.CHRTYPE),
        member("model/pipe", tarfile.FIFOTYPE),
        member("model/../../leak"),
        member("model", tarfile.SYMTYPE, "/etc"),
    ],
    ids=["symbolic link", "hard link", "device", "pipe", "path upwards", "top link"],
)
def test_what_leads_out_of_its_place_is_refused(bad: tarfile.TarInfo, tmp_path: Path) -> None:
    with pytest.raises(StepFailed, match="only plain files"):
        unpack(stream(bad), tmp_path / "out")


def test_too_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "LARGEST", 5)
    with pytest.raises(StepFailed, match="larger than"):
        unpack(stream(member("model/a", size=3), member("model/b", size=3)), tmp_path / "out")
