"""Which paths of a workspace count, and how a result gets into its place."""

from pathlib import Path

import pytest

from pipeline.errors import StepFailed
from worker.tools.packaging.content import bring_back, copied_digest, everything, packaged


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    root = tmp_path / "workspace"
    for path in ("requirements.txt", "reqs/prod.txt", "reqs/deep/base.txt", "train.py"):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text("1")
    (root / "linked.txt").symlink_to("reqs/prod.txt")
    return root


@pytest.mark.parametrize(
    ("sources", "changed", "counts"),
    [
        (["requirements.txt"], "requirements.txt", True),
        (["/requirements.txt"], "requirements.txt", True),
        (["requirements.txt"], "train.py", False),
        (["reqs/"], "reqs/deep/base.txt", True),
        (["*.txt"], "requirements.txt", True),
        (["*.txt"], "reqs/deep/base.txt", False),
        (["linked.txt"], "reqs/prod.txt", True),
        (["."], "train.py", True),
        (["${FILE:-a}"], "train.py", True),
        ([], "train.py", False),
    ],
)
def test_what_copy_takes_decides_the_digest(workspace: Path, sources: list[str], changed: str, counts: bool) -> None:
    before = copied_digest(workspace, sources)
    (workspace / changed).write_text("2")
    assert (copied_digest(workspace, sources) != before) is counts


def test_everything_is_listed_without_following_links(workspace: Path) -> None:
    (workspace / "link").symlink_to("reqs")
    assert sorted(everything(workspace)) == [
        "link",
        "linked.txt",
        "reqs",
        "reqs/deep",
        "reqs/deep/base.txt",
        "reqs/prod.txt",
        "requirements.txt",
        "train.py",
    ]


def test_dockerignore_says_what_is_not_packaged(workspace: Path) -> None:
    (workspace / ".dockerignore").write_text("# remark\n\n**/*.txt\n!requirements.txt\n")
    assert packaged(workspace) == [".dockerignore", "reqs", "reqs/deep", "requirements.txt", "train.py"]


@pytest.mark.parametrize("path", ["..", "../other", "/", "out/x"])
def test_nothing_is_brought_out_of_the_workspace(workspace: Path, path: str, tmp_path: Path) -> None:
    (workspace / "out").symlink_to(tmp_path)
    with pytest.raises(StepFailed, match="does not lie inside"):
        bring_back(workspace, path, lambda target: target.touch())


def test_what_is_brought_back_replaces_a_link_and_not_what_it_leads_to(workspace: Path) -> None:
    bring_back(workspace, "linked.txt", lambda target: target.write_text("new") and None)
    assert not (workspace / "linked.txt").is_symlink()
    assert (workspace / "reqs/prod.txt").read_text() == "1"


def test_what_is_there_stays_when_fetching_fails(workspace: Path) -> None:
    def fail(target: Path) -> None:
        raise StepFailed("no")

    with pytest.raises(StepFailed):
        bring_back(workspace, "reqs", fail)
    assert (workspace / "reqs/prod.txt").exists()
