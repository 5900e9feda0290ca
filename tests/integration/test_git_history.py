"""What git tells of two commits of a repository: which is the older, and what lies between them."""

from pathlib import Path

import pytest

from pipeline.errors import StepFailed
from tests.e2e.installation import Repository
from tests.integration.test_git_source import source

GONE = "a" * 40


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    made = Repository(tmp_path / "acme" / "iris")
    made.commit({"train.py": "1\n", "data/iris.csv": "1,2\n" * 20}, "First")
    return made


def fork(repository: Repository, back: int = 1) -> str:
    """A forced push: the branch goes on from an earlier commit."""
    repository.git("reset", "--quiet", "--hard", f"HEAD~{back}")
    return repository.commit({"fork.py": "1\n"})


def test_a_commit_is_older_than_what_was_built_upon_it_and_not_the_other_way_round(repository: Repository, tmp_path: Path) -> None:
    old, new = repository.commit({"a": "1"}), repository.commit({"a": "2"})
    given = source(repository, tmp_path)
    assert given.is_ancestor(old, new)
    assert not given.is_ancestor(new, old)


def test_commits_of_two_lines_are_neither_older(repository: Repository, tmp_path: Path) -> None:
    one = repository.commit({"a": "1"})
    other = fork(repository)
    given = source(repository, tmp_path)
    assert not given.is_ancestor(one, other)
    assert not given.is_ancestor(other, one)


def test_a_live_commit_that_the_repository_no_longer_has_is_built_upon_nothing(repository: Repository, tmp_path: Path) -> None:
    assert not source(repository, tmp_path).is_ancestor(repository.commit({"a": "1"}), GONE)


def test_what_changed_is_every_path_that_differs_and_both_of_one_that_was_moved(repository: Repository, tmp_path: Path) -> None:
    before = repository.commit({"with space/ünï\ncode": "x", "gone.py": ""})
    (repository.folder / "gone.py").unlink()
    repository.git("mv", "data/iris.csv", "data/rose.csv")
    after = repository.commit({"-dash": "y", "train.py": "2\n", "with space/ünï\ncode": "z"})
    found = source(repository, tmp_path).changed(before, after)
    assert set(found) == {"data/iris.csv", "data/rose.csv", "-dash", "train.py", "gone.py", "with space/ünï\ncode"}


def test_a_change_that_was_taken_back_is_none(repository: Repository, tmp_path: Path) -> None:
    before = repository.commit({"a": "1"})
    repository.commit({"a": "2"})
    assert source(repository, tmp_path).changed(before, repository.commit({"a": "1"})) == []


def test_a_commit_that_a_forced_push_left_behind_is_compared_with(repository: Repository, tmp_path: Path) -> None:
    before = repository.commit({"a": "1"})
    assert set(source(repository, tmp_path).changed(before, fork(repository))) == {"a", "fork.py"}


@pytest.mark.parametrize("before", [GONE, "HEAD", "--output=x", "0" * 40])
def test_a_commit_that_there_is_not_is_told_as_such(repository: Repository, tmp_path: Path, before: str) -> None:
    after = repository.commit({"a": "1"})
    with pytest.raises(StepFailed):
        source(repository, tmp_path).changed(before, after)
    assert not list(tmp_path.rglob("x"))
