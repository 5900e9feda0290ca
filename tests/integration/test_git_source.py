"""A repository as an app's source, with real git: the exact commit, all of it and nothing else, whoever asks at the same time."""

import subprocess
import threading
from pathlib import Path

import pytest

from pipeline.errors import StepFailed, ToolError
from pipeline.spec import Source
from tests.e2e.installation import Repository
from worker.tools.git_source import GitSource


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    made = Repository(tmp_path / "acme" / "iris")
    made.commit({"train.py": "print(1)\n"}, "First")
    return made


def source(repository: Repository, tmp_path: Path, branch: str = "main") -> GitSource:
    return GitSource(Source(url=str(repository.folder), branch=branch, secret_env=("S",)), tmp_path / "mirrors", None)


def exported(given: GitSource, commit: str, folder: Path) -> set[str]:
    """Every path that exporting brings."""
    given.export(commit, folder)
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir() or path.is_symlink()}


def mirror(tmp_path: Path) -> Path:
    (found,) = (tmp_path / "mirrors").glob("*.git")
    return found


def test_tip_is_where_the_branch_is_now(repository: Repository, tmp_path: Path) -> None:
    given = source(repository, tmp_path)
    for text in ("one", "two"):
        assert repository.commit({"a": text}) == given.tip()


def test_tip_of_a_branch_with_slashes(repository: Repository, tmp_path: Path) -> None:
    repository.git("checkout", "--quiet", "-b", "release/2.0/iris")
    commit = repository.commit({"a": "b"})
    assert source(repository, tmp_path, "release/2.0/iris").tip() == commit


def test_a_ref_that_only_ends_like_the_branch_is_not_taken_for_it(repository: Repository, tmp_path: Path) -> None:
    true_tip = repository.commit({"a": "true"})
    other = repository.commit({"a": "other"})
    repository.git("update-ref", "refs/a/refs/heads/main", other)
    repository.git("reset", "--quiet", "--hard", true_tip)
    assert source(repository, tmp_path).tip() == true_tip


def test_a_missing_branch_is_the_app_s_fault_and_says_what_to_check(repository: Repository, tmp_path: Path) -> None:
    with pytest.raises(StepFailed, match=r"has no branch production; check source\.branch"):
        source(repository, tmp_path, "production").tip()


@pytest.mark.parametrize("kind", [(), ("--annotate", "--message", "The first")], ids=["light", "annotated"])
def test_a_tag_stands_for_its_commit_now_that_it_was_moved(repository: Repository, tmp_path: Path, kind: tuple[str, ...]) -> None:
    given = source(repository, tmp_path)
    for text in ("one", "two"):
        commit = repository.commit({"a": text})
        repository.git("tag", "--force", *kind, "release/v1")
        assert given.tagged("refs/tags/release/v1") == commit


def test_a_tag_that_was_deleted_is_told(repository: Repository, tmp_path: Path) -> None:
    with pytest.raises(StepFailed, match="has no tag v1 any more"):
        source(repository, tmp_path).tagged("refs/tags/v1")


def test_a_missing_repository_is_told_at_once_and_not_retried(repository: Repository, tmp_path: Path) -> None:
    repository.folder.rename(tmp_path / "moved")
    with pytest.raises(ToolError, match=r"there is no repository at .*/acme/iris, or it is hidden from us; check source\.url") as caught:
        source(repository, tmp_path).tip()
    assert not caught.value.transient


def test_exactly_the_commit_is_exported(repository: Repository, tmp_path: Path) -> None:
    old = repository.commit({"train.py": "old\n", "data/iris.csv": "1,2\n"})
    repository.commit({"train.py": "new\n", "more.py": ""})
    assert exported(source(repository, tmp_path), old, tmp_path / "out") == {"train.py", "data/iris.csv"}
    assert (tmp_path / "out" / "train.py").read_text() == "old\n"


def test_modes_links_and_names_of_any_kind_survive(repository: Repository, tmp_path: Path) -> None:
    (repository.folder / "run.sh").write_text("#!/bin/sh\n")
    (repository.folder / "run.sh").chmod(0o755)
    (repository.folder / "link").symlink_to("run.sh")
    commit = repository.commit({"with space/ünï\ncode": "x", "-dash": "y"})
    found = exported(source(repository, tmp_path), commit, tmp_path / "out")
    assert found == {"train.py", "run.sh", "link", "with space/ünï\ncode", "-dash"}
    assert (tmp_path / "out" / "run.sh").stat().st_mode & 0o111
    assert not (tmp_path / "out" / "train.py").stat().st_mode & 0o111
    assert (tmp_path / "out" / "link").readlink() == Path("run.sh")


def test_export_ignore_drops_nothing(repository: Repository, tmp_path: Path) -> None:
    commit = repository.commit({".gitattributes": "train.py export-ignore\n*.txt export-subst\n", "v.txt": "$Format:%H$\n"})
    assert exported(source(repository, tmp_path), commit, tmp_path / "out") == {".gitattributes", "train.py", "v.txt"}
    assert (tmp_path / "out" / "v.txt").read_text() == "$Format:%H$\n"


def test_an_export_over_what_a_first_try_left_is_whole(repository: Repository, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "train.py").write_text("half")
    commit = repository.commit({"a": "b"})
    assert exported(source(repository, tmp_path), commit, tmp_path / "out") == {"train.py", "a"}
    assert (tmp_path / "out" / "train.py").read_text() == "print(1)\n"


@pytest.mark.parametrize("message", ["Grün: été", "One line\n\nand a body"])
def test_subject_is_the_first_line_of_the_message(message: str, repository: Repository, tmp_path: Path) -> None:
    given = source(repository, tmp_path)
    commit = repository.commit({"a": message}, message)
    given.export(commit, tmp_path / "out")
    assert given.subject(commit) == message.splitlines()[0]


def test_a_message_that_is_no_utf_8_can_still_be_told(repository: Repository, tmp_path: Path) -> None:
    message = "commit", "--quiet", "--allow-empty", "--file", "-"
    subprocess.run(["git", *message], cwd=repository.folder, input=b"caf\xe9\n", check=True)
    commit = repository.git("rev-parse", "HEAD").strip()
    given = source(repository, tmp_path)
    given.export(commit, tmp_path / "out")
    assert given.subject(commit).encode("utf-8")


def test_a_commit_that_a_forced_push_orphaned_is_still_exported(repository: Repository, tmp_path: Path) -> None:
    orphan = repository.commit({"a": "orphan"})
    repository.git("reset", "--quiet", "--hard", "HEAD~1")
    assert "a" in exported(source(repository, tmp_path), orphan, tmp_path / "out")


def test_a_commit_that_is_gone_is_told_as_such(repository: Repository, tmp_path: Path) -> None:
    with pytest.raises(StepFailed, match=r"no longer has commit a{40}; it was overwritten by a forced push"):
        source(repository, tmp_path).export("a" * 40, tmp_path / "out")


def test_a_commit_that_was_built_once_stays_when_the_repository_is_gone(repository: Repository, tmp_path: Path) -> None:
    commit = repository.commit({"a": "b"})
    source(repository, tmp_path).export(commit, tmp_path / "one")
    repository.folder.rename(tmp_path / "moved")
    assert exported(source(repository, tmp_path), commit, tmp_path / "two") == {"a", "train.py"}


@pytest.mark.parametrize("commit", ["", "HEAD", "-" * 40, "--upload-pack=x", "A" * 40, "a" * 39, "a" * 40 + "\n", "a" * 39 + "é"])
def test_what_is_no_commit_id_never_reaches_git(commit: str, repository: Repository, tmp_path: Path) -> None:
    with pytest.raises(StepFailed, match="is no commit id"):
        source(repository, tmp_path).export(commit, tmp_path / "out")
    assert not (tmp_path / "mirrors").exists()


def test_many_commits_of_one_fresh_mirror_are_exported_at_once(repository: Repository, tmp_path: Path) -> None:
    commits = [repository.commit({"n": str(number)}) for number in range(8)]
    threads = [
        threading.Thread(target=lambda c=c, n=n: source(repository, tmp_path).export(c, tmp_path / f"out-{n}"))
        for n, c in enumerate(commits)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [(tmp_path / f"out-{number}" / "n").read_text() for number in range(8)] == [str(number) for number in range(8)]


@pytest.mark.parametrize("left", ["config.lock", "packed-refs.lock", "shallow.lock", "refs/pushrail/{}.lock", "objects/pack/tmp_pack_x"])
def test_what_a_killed_fetch_left_stops_nothing_and_goes(left: str, repository: Repository, tmp_path: Path) -> None:
    given = source(repository, tmp_path)
    given.export(given.tip(), tmp_path / "first")
    commit = repository.commit({"a": "b"})
    stale = mirror(tmp_path) / left.format(commit)
    stale.touch()
    assert "a" in exported(given, commit, tmp_path / "out")
    assert not stale.exists()


def test_a_commit_of_which_a_killed_fetch_brought_only_a_part_is_fetched_again(repository: Repository, tmp_path: Path) -> None:
    given = source(repository, tmp_path)
    given.export(given.tip(), tmp_path / "first")
    commit = repository.commit({"a": "b"})
    raw = subprocess.run(["git", "cat-file", "commit", commit], cwd=repository.folder, capture_output=True, check=True).stdout
    subprocess.run(
        ["git", "hash-object", "-w", "-t", "commit", "--stdin"], cwd=mirror(tmp_path), input=raw, check=True, capture_output=True
    )
    assert "a" in exported(given, commit, tmp_path / "out")


def test_two_credentials_share_no_mirror(repository: Repository, tmp_path: Path) -> None:
    where = Source(url=str(repository.folder), secret_env=("S",))
    for number, token in enumerate((None, "one", "two")):
        given = GitSource(where, tmp_path / "mirrors", token)
        given.export(given.tip(), tmp_path / f"out-{number}")
    assert len(list((tmp_path / "mirrors").glob("*.git"))) == 3
