"""GitHub's deployments, when an app asks for them: one for each run that came as far as its rollout."""

from dataclasses import replace

import pytest

from pipeline.model import Run, Status, StepResult, Trigger
from pipeline.store import Store
from tests.integration.reporting.github_server import SILENCE, Fault, GitHub
from tests.integration.reporting.teller import ROLLING, A, Teller, accepted, app, pulled, stepped
from tests.integration.stored_runs import begun, finished, push
from worker.tools import forge


@pytest.fixture
def teller(store: Store, github: GitHub) -> Teller:
    return Teller(store, app(github.address, more=", deployments: production"))


@pytest.fixture
def rolling(teller: Teller, store: Store) -> Run:
    """A run whose rollout has begun."""
    accepted(store)
    return stepped(store, begun(store, "r1"), pulled(A), ROLLING)


def test_a_deployment_is_made_when_the_rollout_begins(teller: Teller, store: Store, github: GitHub) -> None:
    accepted(store)
    run = stepped(store, begun(store, "r1"), pulled(A))
    teller.round()
    assert github.deployments == []
    stepped(store, run, ROLLING)
    teller.round()
    (made,) = github.deployments
    wanted = {"ref": A, "environment": "production", "auto_merge": False, "required_contexts": [], "payload": {"run": "r1"}}
    assert {key: made[key] for key in wanted} == wanted
    assert github.deployed == [(40, "in_progress")]


@pytest.mark.parametrize(
    ("status", "state"),
    [
        (Status.SUCCEEDED, "success"),
        (Status.FAILED, "failure"),
        (Status.ROLLED_BACK, "failure"),
        (Status.ERRORED, "error"),
        (Status.ROLLBACK_FAILED, "error"),
        (Status.CANCELLED, "inactive"),
    ],
)
def test_a_deployment_ends_as_its_run_does(status: Status, state: str, rolling: Run, teller: Teller, store: Store, github: GitHub) -> None:
    teller.round()
    store.finish(finished(rolling, status))
    teller.round()
    assert github.deployed == [(40, "in_progress"), (40, state)]


def test_a_run_that_never_came_to_its_rollout_has_no_deployment(teller: Teller, store: Store, github: GitHub) -> None:
    accepted(store)
    skipped = StepResult("rollout", Status.SKIPPED, 3.0, 3.0, reason="evaluate rejected")
    store.finish(finished(stepped(store, begun(store, "r1"), pulled(A), skipped), Status.REJECTED))
    teller.round()
    assert (github.states(A), github.deployments) == (["failure"], [])


def test_a_rollback_that_was_asked_for_is_a_deployment_of_what_it_puts_back(teller: Teller, store: Store, github: GitHub) -> None:
    store.accept(replace(push(1, commit=A, pinned=True), trigger=Trigger.ROLLBACK))
    stepped(store, begun(store, "r1"), StepResult("rollback", Status.RUNNING, 1.0))
    teller.round()
    assert [made["ref"] for made in github.deployments] == [A]


@pytest.mark.parametrize("done", [True, False], ids=["it was made", "it was not made"])
def test_a_deployment_whose_request_was_not_answered_is_made_once(
    done: bool, rolling: Run, teller: Teller, github: GitHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forge, "SILENT_SECONDS", 0.2)
    github.faults += [Fault(201, done=True), Fault(SILENCE, done=done)]
    teller.round()
    teller.round(later=3600.0)
    assert len(github.deployments) == 1
    assert (teller.told().deployment, github.deployed) == ("40", [(40, "in_progress")])


def test_a_deployment_of_another_run_is_not_taken_for_ours(
    rolling: Run, teller: Teller, github: GitHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forge, "SILENT_SECONDS", 0.2)
    github.deployments.append({"id": 7, "sha": A, "environment": "production", "payload": "deployed by hand"})
    github.faults += [Fault(201, done=True), Fault(SILENCE)]
    teller.round()
    teller.round(later=3600.0)
    assert github.deployed == [(41, "in_progress")]


def test_a_refused_deployment_keeps_no_status_from_being_told(rolling: Run, teller: Teller, store: Store, github: GitHub) -> None:
    github.faults += [Fault(201, done=True), Fault(422, body={"message": "no"})]
    teller.round()
    assert (teller.told().error, teller.told().deployment, teller.due) == ("GitHub answers 422: no", "", [])
    store.finish(finished(rolling))
    teller.round()
    assert github.states(A) == ["pending", "success"]


def test_a_deployment_that_somebody_deleted_is_let_go(rolling: Run, teller: Teller, store: Store, github: GitHub) -> None:
    teller.round()
    store.finish(finished(rolling))
    github.faults += [Fault(201, done=True), Fault(404)]
    teller.round()
    assert teller.due == []
