"""What is to be said of a run to its forge: each forge's word for each status, which commit, and when a deployment is one."""

from dataclasses import replace

import pytest

from pipeline.model import Run, Status, StepResult, Trigger
from pipeline.spec.report import Report
from pipeline.told import ASKED, Told
from worker.report_words import (
    DEPLOYMENT_STATES,
    LONGEST,
    STATES,
    CommitStatus,
    DeploymentStatus,
    NewDeployment,
    WhichDeployment,
    taken,
    text,
    words,
)

A, B = "a" * 40, "b" * 40
RUN = Run("r1", "iris", Trigger.PUSH, "refs/heads/main", A)
GITHUB = Report(token_env="TOKEN")
DEPLOYS = Report(token_env="TOKEN", deployments="production")
NOTHING = Told("GitHub")
OF_RUNS = [status for status in Status if status is not Status.SKIPPED]
KNOWN = {
    "github": {"error", "failure", "pending", "success"},
    "gitlab": {"pending", "running", "success", "failed", "canceled"},
    "gitea": {"pending", "success", "error", "failure", "warning"},
}


def status(to: Status, reason: str = "") -> Run:
    return replace(RUN, status=to, reason=reason)


def rolling(**changed: object) -> Run:
    steps = (StepResult("pull", Status.SUCCEEDED, 1.0, 2.0, {"commit": A}), StepResult("rollout", Status.RUNNING, 3.0))
    return replace(RUN, status=Status.RUNNING, steps=steps, **changed)  # type: ignore[arg-type]


@pytest.mark.parametrize("forge", ["github", "gitlab", "gitea"])
def test_every_status_has_a_word_that_the_forge_knows(forge: str) -> None:
    assert set(STATES[forge]) == set(OF_RUNS)
    assert set(STATES[forge].values()) <= KNOWN[forge]


@pytest.mark.parametrize("forge", ["github", "gitlab", "gitea"])
def test_a_status_is_open_exactly_while_the_run_goes_on(forge: str) -> None:
    still_open = {said for status, said in STATES[forge].items() if not status.is_final}
    assert still_open.isdisjoint(said for status, said in STATES[forge].items() if status.is_final)


@pytest.mark.parametrize("forge", ["github", "gitlab", "gitea"])
def test_success_is_said_of_success_alone(forge: str) -> None:
    assert [status for status, said in STATES[forge].items() if said == "success"] == [Status.SUCCEEDED]


def test_every_status_has_a_word_for_a_deployment() -> None:
    assert set(DEPLOYMENT_STATES) == set(OF_RUNS)
    assert set(DEPLOYMENT_STATES.values()) <= {"error", "failure", "inactive", "in_progress", "success"}


@pytest.mark.parametrize(
    ("run", "said"),
    [
        (status(Status.QUEUED), "Queued"),
        (status(Status.RUNNING, "its worker died"), "Running"),
        (status(Status.SUCCEEDED), "Succeeded"),
        (status(Status.ROLLED_BACK, "verify: it answers 3"), "Rolled back: verify: it answers 3"),
        (status(Status.FAILED, "retrain: it ended with 1\nTraceback"), "Failed: retrain: it ended with 1 Traceback"),
    ],
)
def test_a_run_is_described_in_one_line(run: Run, said: str) -> None:
    assert text(run) == said


def test_a_description_is_never_longer_than_the_forge_takes() -> None:
    said = text(status(Status.FAILED, "é" * 500))
    assert (len(said), said[-1]) == (LONGEST, "…")


def test_a_run_that_nothing_is_told_of_yet_has_its_status_told() -> None:
    assert list(words(RUN, NOTHING, GITHUB)) == [CommitStatus(A, "pending", "Queued")]


def test_what_was_told_is_not_told_again() -> None:
    (word,) = words(RUN, NOTHING, GITHUB)
    assert list(words(RUN, taken(word, NOTHING, "", 1.0), GITHUB)) == []


def test_a_run_with_no_commit_has_nothing_to_tell() -> None:
    assert list(words(replace(RUN, commit=""), NOTHING, DEPLOYS)) == []


@pytest.mark.parametrize(("told", "first"), [("pending", [(A, "error"), (B, "pending")]), ("error", [(B, "pending")])])
def test_a_commit_that_is_not_built_after_all_is_left_with_an_end(told: str, first: list[tuple[str, str]]) -> None:
    moved = replace(RUN, status=Status.RUNNING, steps=(StepResult("pull", Status.RUNNING, 1.0, None, {"commit": B}),))
    said = [word for word in words(moved, Told("GitHub", A, told, "Queued"), GITHUB) if isinstance(word, CommitStatus)]
    assert [(word.commit, word.state) for word in said] == first


@pytest.mark.parametrize(
    ("told", "wanted"),
    [
        ("", NewDeployment(A, "r1")),
        (ASKED, WhichDeployment(A, "r1")),
        ("40", DeploymentStatus("40", "in_progress", "Running")),
    ],
)
def test_a_deployment_is_made_then_told_of(told: str, wanted: object) -> None:
    assert list(words(rolling(), Told("GitHub", A, "pending", "Running", deployment=told), DEPLOYS)) == [wanted]


def test_a_deployment_is_told_its_state_once() -> None:
    told = Told("GitHub", A, "pending", "Running", deployment="40", deployment_state="in_progress")
    assert list(words(rolling(), told, DEPLOYS)) == []


@pytest.mark.parametrize(
    ("run", "deploys"),
    [
        (RUN, False),
        (rolling(), True),
        (replace(rolling(), steps=(StepResult("rollout", Status.SKIPPED, 3.0, 3.0),)), False),
        (replace(rolling(), trigger=Trigger.ROLLBACK), False),
        (replace(RUN, trigger=Trigger.ROLLBACK, steps=(StepResult("rollback", Status.RUNNING, 3.0),)), True),
    ],
)
def test_a_run_deploys_once_it_comes_to_changing_what_is_live(run: Run, deploys: bool) -> None:
    assert any(isinstance(word, NewDeployment) for word in words(run, NOTHING, DEPLOYS)) is deploys


def test_an_app_that_does_not_ask_for_deployments_has_none() -> None:
    assert not any(isinstance(word, NewDeployment) for word in words(rolling(), NOTHING, GITHUB))
