"""Which commits are built at all."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import RunOver, StepFailed, ToolError
from pipeline.model import Run, Status, Trigger
from pipeline.release import Release
from tests.unit.steps import LIVE, RUN, Script, after, app, context
from worker import due

OLD, BEFORE, EARLIER = "d" * 40, "e" * 40, "f" * 40
PATHS = ["rose/**", "*.toml"]


def said(commit: str, *, run: Run = RUN, live: Release | None = None, **answers: Any) -> RunOver | None:
    """What the check raises, or nothing where the run goes on."""
    rose = app(source={"url": "https://example.com/acme/iris.git", "secret_env": "SECRET", "paths": PATHS})
    try:
        due.check(context(Path(), "pull", app=rose, run=run, live=live, source=Script(answers)), commit)
    except RunOver as over:
        return over
    return None


def ended(over: RunOver | None) -> str:
    return over.status if over else ""


def test_a_commit_older_than_what_is_live_is_superseded_and_told_how_to_go_back_on_purpose() -> None:
    over = said(OLD, live=LIVE, is_ancestor=True)
    assert ended(over) == "superseded"
    for words in (LIVE.commit[:12], f"live by run {LIVE.run}", "replay a run of dddddddddddd or roll back"):
        assert words in str(over)


@pytest.mark.parametrize(
    ("commit", "live", "ancestor"),
    [(OLD, LIVE, False), (LIVE.commit, LIVE, True), (OLD, None, True), (OLD, replace(LIVE, commit=""), True)],
    ids=["newer or on another line", "the same", "before the first release", "live is none of ours"],
)
def test_what_is_not_older_goes_on(commit: str, live: Release | None, ancestor: bool) -> None:
    assert said(commit, live=live, is_ancestor=ancestor) is None


@pytest.mark.parametrize("trigger", [Trigger.API, Trigger.REPLAY])
def test_an_older_commit_that_somebody_asked_for_goes_on(trigger: Trigger) -> None:
    assert said(OLD, run=replace(RUN, trigger=trigger), live=LIVE, is_ancestor=True) is None


@pytest.mark.parametrize("trigger", [Trigger.PUSH, Trigger.RECONCILE])
def test_a_push_that_is_built_at_its_own_commit_is_not_asked_for_by_anybody(trigger: Trigger) -> None:
    assert ended(said(OLD, run=replace(RUN, trigger=trigger, pinned=True), live=LIVE, is_ancestor=True)) == "superseded"


def test_a_push_that_was_found_and_took_the_place_of_another_is_not_skipped_for_its_own_message() -> None:
    assert said(OLD, run=replace(RUN, trigger=Trigger.RECONCILE, heir=True), message="Mend a word [skip ci]") is None


@pytest.mark.parametrize(("trigger", "status"), [(Trigger.RECONCILE, "cancelled"), (Trigger.PUSH, "")])
def test_a_push_that_was_found_is_skipped_when_its_message_says_so(trigger: Trigger, status: str) -> None:
    over = said(OLD, run=replace(RUN, trigger=trigger), message="Mend a word\n\nThe long story. [skip ci]")
    assert ended(over) == status


def test_a_run_that_has_begun_to_roll_out_goes_on_whatever_is_found_out_now() -> None:
    begun = replace(after(("rollout", Status.RUNNING, {"image": "i"})), since=(BEFORE,))
    assert said(OLD, run=begun, live=LIVE, is_ancestor=True, changed=[]) is None


@pytest.mark.parametrize(
    ("changed", "status"),
    [(["rose/train.py"], ""), (["README.md", "setup.toml"], ""), (["README.md", "prose/x"], "cancelled"), ([], "cancelled")],
)
def test_git_decides_where_the_push_does_not_say_what_changed(changed: list[str], status: str) -> None:
    over = said(OLD, run=replace(RUN, since=(BEFORE,)), changed=changed)
    assert ended(over) == status
    assert not over or str(over) == "no changed path matches rose/**, *.toml"


def test_one_push_that_matters_of_those_a_run_stands_for_is_enough() -> None:
    answers = {BEFORE: ["README.md"], EARLIER: ["rose/train.py"]}
    assert said(OLD, run=replace(RUN, since=(BEFORE, EARLIER)), changed=lambda before, after: answers[before]) is None


def test_nothing_is_asked_of_git_where_the_push_said_what_changed() -> None:
    assert said(OLD, changed=[]) is None


@pytest.mark.parametrize("error", [StepFailed("no longer has commit"), ToolError("git", "away", transient=True)])
def test_the_run_goes_on_and_says_why_where_git_cannot_tell(error: Exception) -> None:
    lines: list[str] = []
    given = context(Path(), "pull", app=app(), run=replace(RUN, since=(BEFORE,)), source=Script({"changed": error}))
    due.check(replace(given, log=lines.append), OLD)
    assert lines == [f"git does not tell what changed since {BEFORE[:12]}, so the path filter lets it through: {error}"]


def test_a_branch_that_the_push_made_has_nothing_to_be_compared_with() -> None:
    lines: list[str] = []
    given = context(Path(), "pull", app=app(), run=replace(RUN, since=("0" * 40,)), source=Script({"changed": []}))
    due.check(replace(given, log=lines.append), OLD)
    assert "nothing to compare with" in lines[0]
