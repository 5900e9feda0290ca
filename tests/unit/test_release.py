"""What a run says against a content, what a rollback leaves behind, and where one would go back to."""

from dataclasses import replace

import pytest

from pipeline.model import Run, Status, StepResult, Trigger
from pipeline.plan import planned
from pipeline.record import RELEASE, RUN
from pipeline.release import Release, Withdrawn, before_live, declared_bad, proved_bad, withdrawn
from tests.unit import steps
from tests.unit.steps import app

GOOD, BAD = "a" * 64, "b" * 64
BACK = replace(steps.RUN, trigger=Trigger.ROLLBACK, requested_by="ada", message="wrong prices", restores="r0", finished_at=9.0)


def release(run: str, content: str, **changed: object) -> Release:
    made = Release("iris", run, "c" * 40, f"repo@{run}", f"sha256:{run}", "template", "", 1.0, content=content)
    return replace(made, **changed)  # type: ignore[arg-type]


def ended(step: str, status: Status, reason: str = "never ready\nits last lines") -> Run:
    built = StepResult("build", Status.SUCCEEDED, 1.0, 2.0, {"content": BAD})
    return replace(steps.RUN, steps=(built, StepResult(step, status, 2.0, 3.0, {}, reason)), finished_at=4.0)


@pytest.mark.parametrize("step", ["rollout", "verify"])
def test_a_release_that_fails_is_held_against_its_content(step: str) -> None:
    bad = proved_bad(ended(step, Status.FAILED))
    assert bad is not None
    assert (bad.content, bad.run, bad.commit, bad.reason, bad.at) == (BAD, "r1", "a" * 40, f"{step}: never ready", 4.0)


@pytest.mark.parametrize(
    ("step", "status"),
    [
        ("rollout", Status.ERRORED),
        ("rollout", Status.REJECTED),
        ("verify", Status.ERRORED),
        ("verify", Status.SUCCEEDED),
        ("tag", Status.FAILED),
        ("prune", Status.FAILED),
    ],
)
def test_trouble_that_is_not_the_release_s_is_not_held_against_it(step: str, status: Status) -> None:
    assert proved_bad(ended(step, status)) is None


def test_what_failed_before_it_was_built_has_no_content_to_remember() -> None:
    assert proved_bad(replace(steps.RUN, steps=(StepResult("rollout", Status.FAILED, 1.0, 2.0),))) is None


def test_a_rollback_marks_the_release_that_was_live() -> None:
    left = withdrawn(release("r2", BAD), BACK, release("r1", GOOD))
    assert left is not None
    assert left.withdrawn == Withdrawn("r1", "ada", "wrong prices", 9.0)
    bad = declared_bad(left)
    assert bad is not None
    assert (bad.content, bad.reason) == (BAD, "ada rolled back from it: wrong prices")


@pytest.mark.parametrize(
    ("live", "run", "now"),
    [
        (release("r2", GOOD), BACK, release("r1", GOOD)),
        (release("r2", BAD), steps.RUN, release("r1", GOOD)),
        (release("r2", BAD), BACK, None),
        (None, BACK, release("r1", GOOD)),
    ],
    ids=["the same content is live again", "no rollback", "it failed", "nothing was live"],
)
def test_nothing_is_withdrawn_when_nothing_was_rolled_back_from(live: Release | None, run: Run, now: Release | None) -> None:
    assert withdrawn(live, run, now) is None


THREE = [release("r3", "3"), release("r2", "2"), release("r1", "1")]


@pytest.mark.parametrize(
    ("releases", "bad", "wanted"),
    [
        (THREE, set(), "r2"),
        (THREE, {"2"}, "r1"),
        ([release("r4", "3"), *THREE], set(), "r2"),
        ([release("r4", "2"), *THREE], {"3"}, "r1"),
        ([release("r5", "1"), release("r4", "2"), *THREE], {"3", "2"}, None),
        (THREE[:1], set(), None),
    ],
    ids=["before", "not to a bad one", "not to what is live", "further back after a rollback", "nothing good left", "nothing before"],
)
def test_going_back_leads_to_the_newest_release_of_another_content_that_is_not_bad(
    releases: list[Release], bad: set[str], wanted: str | None
) -> None:
    found = before_live(releases, bad)
    assert (found.run if found else None) == wanted


def test_a_record_from_before_there_was_a_history_still_reads() -> None:
    old = b'{"app":"iris","run":"r1","commit":"c","image":"i","image_id":"d","template":"t","golden":"","verified_at":1.5}'
    assert RELEASE.validate_json(old) == Release("iris", "r1", "c", "i", "d", "t", "", 1.5)
    assert RUN.validate_json(b'{"id":"r1","app":"iris","trigger":"push","ref":"refs/heads/main"}').force is False


def test_a_rollback_only_goes_back_and_verifies_with_the_app_s_own_settings() -> None:
    described = app(steps=["pull", "build", "tag", "rollout", {"verify": {"soak": "3s"}}, {"rollback": {"timeout": "9s"}}])
    back, check = planned(described, BACK)
    assert (back.name, back.settings.when, back.settings.timeout) == ("rollback", "success", 9.0)
    assert (check.name, check.settings.when, check.verify and check.verify.soak) == ("verify", "success", 3.0)


def test_a_rollback_of_an_app_that_names_neither_step_takes_their_defaults() -> None:
    assert [entry.name for entry in planned(app(steps=["pull"]), BACK)] == ["rollback", "verify"]


def test_every_other_run_goes_through_the_app_s_steps() -> None:
    described = app()
    assert planned(described, steps.RUN) == described.steps
