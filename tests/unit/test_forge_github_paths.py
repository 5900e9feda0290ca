"""Which paths a push of GitHub's says it changed, where that is certain."""

from typing import Any

import pytest

from tests.hook import payload
from tests.unit.github_events import read


def pushed(*commits: Any, **changed: Any) -> tuple[str, ...] | None:
    return read(payload("push", commits=list(commits), **changed)).changed


def commit(**lists: list[str]) -> dict[str, list[str]]:
    return {"added": [], "removed": [], "modified": [], **lists}


def test_paths_of_every_commit_count() -> None:
    assert pushed(commit(added=["b"]), commit(removed=["a"], modified=["c"])) == ("a", "b", "c")


@pytest.mark.parametrize("name", ["forced", "branch_created", "tag", "annotated_tag", "branch_deleted"])
def test_recorded_pushes_that_do_not_say_what_they_changed_are_unknown(name: str) -> None:
    assert read(payload(name)).changed is None


@pytest.mark.parametrize(
    "event",
    [
        {"commits": []},
        {"commits": [commit()]},
        {"commits": [{}]},
        {"commits": [commit(added=["a"]), commit()]},
        {"commits": [commit(added=["a"])], "created": True},
        {"commits": [commit(added=["a"])], "forced": True},
        {"commits": [commit(added=["a"])] * 2048},
        {"commits": [commit(added=[str(number) for number in range(2999)], modified=["x"])]},
    ],
    ids=["no commits", "no paths", "no lists", "one commit without paths", "created", "forced", "2048 commits", "3000 files"],
)
def test_paths_that_are_not_certain_are_unknown(event: dict[str, Any]) -> None:
    assert read(payload("push", **event)).changed is None


def test_lists_just_under_githubs_limits_are_complete() -> None:
    assert pushed(*[commit(added=["a"])] * 2047) == ("a",)
    assert len(pushed(commit(added=[str(number) for number in range(2999)])) or ()) == 2999
