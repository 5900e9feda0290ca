"""A forge that fails: the run is none the worse for it, and what is true is told as soon as it can be."""

import logging
from dataclasses import replace

import pytest

from pipeline.model import Status
from pipeline.store import Store
from tests.integration.reporting.github_server import SILENCE, TOKEN, Fault, GitHub
from tests.integration.reporting.teller import A, B, Teller, accepted, app
from tests.integration.stored_runs import begun, finished, status
from worker.report import GIVEN_UP_SECONDS
from worker.tools import forge

PERMISSION = "report.token_env must name a token that may write the commit statuses of source.url"


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forge, "SILENT_SECONDS", 0.2)


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault(401, body={"message": "Bad credentials"}), "GitHub answers 401: Bad credentials; see report.token_env"),
        (Fault(403, body={"message": "Resource not accessible"}), f"GitHub answers 403: Resource not accessible; {PERMISSION}"),
        (Fault(404, body={"message": "Not Found"}), f"GitHub answers 404: Not Found; {PERMISSION}"),
        (Fault(429), "GitHub answers 429: as the test asks"),
        (Fault(500, body="<html>"), "GitHub answers 500"),
        (Fault(301), "GitHub answers 301: the repository is elsewhere now; see source.url and report.api"),
        (Fault(SILENCE), "GitHub: does not answer: Read timed out. (read timeout=0.2)"),
    ],
    ids=lambda given: str(given.status) if isinstance(given, Fault) else "",
)
def test_what_failed_is_shown_and_told_again_later(fault: Fault, error: str, teller: Teller, store: Store, github: GitHub) -> None:
    github.faults.append(fault)
    accepted(store)
    teller.round()
    assert (teller.told().error, teller.told().state, teller.due) == (error, "", ["r1"])
    teller.round(later=3600.0)
    assert (github.states(A), teller.told().error, teller.due) == (["pending"], "", [])


def test_a_forge_that_fails_changes_no_run(teller: Teller, store: Store, github: GitHub) -> None:
    github.faults += [Fault(500)] * 3
    accepted(store)
    store.finish(finished(begun(store, "r1")))
    for _ in range(3):
        teller.round(later=900.0)
    run = store.run("r1")
    assert run is not None
    assert (run.status, run.reason) == (Status.SUCCEEDED, "")


def test_a_forge_that_does_not_listen_at_all_is_shown(teller: Teller, store: Store) -> None:
    teller.app = app("http://127.0.0.1:1")
    accepted(store)
    teller.round()
    assert teller.told().error.startswith("GitHub: does not answer: Failed to establish a new connection")


def test_a_forge_that_failed_is_left_in_peace_for_longer_and_longer(teller: Teller, store: Store, github: GitHub) -> None:
    github.faults += [Fault(500)] * 4
    accepted(store)
    tried = []
    for second in range(40):
        teller.round(later=1.0)
        tried += [second] * (len(github.asked) - len(tried))
    assert tried == [0, 5, 15, 35]


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "120"}, 120),
        ({"Retry-After": "Thu, 01 Jan 1970 00:20:00 GMT"}, 200),
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1300"}, 300),
        ({}, 60),
    ],
    ids=["seconds", "date", "reset", "nothing said"],
)
def test_a_forge_that_asks_for_peace_gets_it(headers: dict[str, str], seconds: int, teller: Teller, store: Store, github: GitHub) -> None:
    github.faults.append(Fault(429, headers))
    accepted(store)
    teller.round()
    teller.round(later=seconds - 1)
    assert github.states(A) == []
    teller.round(later=1)
    assert github.states(A) == ["pending"]


def test_peace_is_kept_by_every_keeper_and_outlives_them(teller: Teller, store: Store, github: GitHub) -> None:
    github.faults.append(Fault(429, {"Retry-After": "120"}))
    accepted(store)
    teller.round()
    other = Teller(store, teller.app, "k2")
    other.round(later=100.0)
    assert len(github.asked) == 1
    other.round(later=21.0)
    assert github.states(A) == ["pending"]


def test_no_older_state_follows_a_newer_one(teller: Teller, store: Store, github: GitHub) -> None:
    github.faults.append(Fault(500))
    accepted(store)
    teller.round()
    store.finish(finished(begun(store, "r1")))
    teller.round(later=3600.0)
    assert github.states(A) == ["success"]


def test_two_runs_of_one_commit_are_told_of_in_their_order(teller: Teller, store: Store, github: GitHub) -> None:
    github.faults.append(Fault(500))
    accepted(store)
    store.finish(finished(begun(store, "r1"), Status.FAILED))
    teller.round()
    accepted(store, 2)
    store.finish(finished(begun(store, "r2")))
    teller.round(later=3600.0)
    assert github.states(A) == ["failure", "success"]


@pytest.mark.parametrize("said", ["Validation Failed: This SHA and context has reached the maximum number of statuses", "No commit found"])
def test_what_is_refused_is_not_told_again(said: str, teller: Teller, store: Store, github: GitHub) -> None:
    github.faults.append(Fault(422, body={"message": said}))
    accepted(store)
    for _ in range(3):
        teller.round(later=3600.0)
    assert (len(github.asked), teller.due) == (1, [])
    assert teller.told().error == f"GitHub answers 422: {said}"


def test_one_refused_run_keeps_no_other_waiting(teller: Teller, store: Store, github: GitHub) -> None:
    github.faults.append(Fault(422))
    accepted(store, 1, A)
    accepted(store, 2, B)
    teller.round()
    assert github.states(B) == ["pending"]


def test_after_a_day_it_is_given_up_with_a_line_in_the_log(
    teller: Teller, store: Store, github: GitHub, caplog: pytest.LogCaptureFixture
) -> None:
    github.faults += [Fault(401)] * 3
    accepted(store)
    teller.round()
    teller.round(later=GIVEN_UP_SECONDS - 1)
    assert teller.due == ["r1"]
    with caplog.at_level(logging.WARNING):
        teller.round(later=900.0)
    assert teller.due == []
    assert "iris: run r1 is not told any more, after a day of trying: GitHub answers 401" in caplog.text


def test_every_run_that_waits_for_the_forge_shows_why(teller: Teller, store: Store, github: GitHub) -> None:
    github.faults.append(Fault(401))
    accepted(store, 1, A)
    accepted(store, 2, B)
    teller.round()
    assert [teller.told(run).error for run in ("r1", "r2")] == ["GitHub answers 401: as the test asks; see report.token_env"] * 2


def test_a_token_is_in_no_error_and_in_no_log(teller: Teller, store: Store, github: GitHub, caplog: pytest.LogCaptureFixture) -> None:
    github.faults.append(Fault(401, body={"message": f"Bad credentials: {TOKEN}"}))
    accepted(store)
    with caplog.at_level(logging.DEBUG):
        teller.round()
        teller.tokens["FORGE_TOKEN"] = f"{TOKEN}\nX: y"
        teller.round(later=900.0)
        assert "the token holds characters that no header can" in teller.told().error
    assert TOKEN not in caplog.text + str(teller.told())


def test_a_broken_forge_of_one_app_delays_no_other(teller: Teller, store: Store, github: GitHub) -> None:
    other = replace(teller, app=app(github.address, name="rose"))
    github.faults.append(Fault(429, {"Retry-After": "3000"}))
    accepted(store)
    teller.round()
    accepted(store, 2, B, app="rose")
    other.round()
    assert (github.states(B), status(store, "r1")) == (["pending"], Status.QUEUED)
