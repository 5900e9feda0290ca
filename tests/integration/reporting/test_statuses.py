"""Commit statuses on every change of state, whatever becomes of the run and of who tells."""

import time
from dataclasses import replace

import pytest

from pipeline.model import Status
from pipeline.reports import LEASE_SECONDS
from pipeline.store import ATTEMPTS, Store
from pipeline.told import Told
from tests.integration.reporting.github_server import GitHub
from tests.integration.reporting.teller import A, B, Teller, accepted, pulled, stepped
from tests.integration.stored_runs import begun, finished, push


def test_each_change_of_state_is_told(teller: Teller, store: Store, github: GitHub) -> None:
    accepted(store)
    teller.round()
    run = begun(store, "r1")
    teller.round()
    store.finish(finished(run))
    teller.round()
    assert github.statuses == [(A, "pending", "Queued"), (A, "pending", "Running"), (A, "success", "Succeeded")]
    assert teller.due == []


def test_a_status_links_to_the_run_s_page_and_has_the_app_s_context(teller: Teller, store: Store, github: GitHub) -> None:
    accepted(store)
    teller.round()
    (asked,) = github.asked
    assert asked.path == f"/repos/acme/iris/statuses/{A}"
    page = "https://pushrail.example.com/runs/r1"
    assert asked.body == {"state": "pending", "context": "pushrail", "description": "Queued", "target_url": page}


def test_the_state_of_now_is_told_and_none_from_before(teller: Teller, store: Store, github: GitHub) -> None:
    accepted(store)
    store.finish(finished(begun(store, "r1")))
    teller.round()
    assert github.states(A) == ["success"]


def test_nothing_is_told_twice(teller: Teller, store: Store, github: GitHub) -> None:
    accepted(store)
    for _ in range(3):
        teller.round()
    assert github.states(A) == ["pending"]


@pytest.mark.parametrize(
    ("status", "state"),
    [
        (Status.SUCCEEDED, "success"),
        (Status.FAILED, "failure"),
        (Status.ERRORED, "error"),
        (Status.REJECTED, "failure"),
        (Status.ROLLED_BACK, "failure"),
        (Status.ROLLBACK_FAILED, "error"),
        (Status.CANCELLED, "error"),
    ],
)
def test_however_a_run_ends_its_commit_is_told_so(status: Status, state: str, teller: Teller, store: Store, github: GitHub) -> None:
    accepted(store)
    teller.round()
    store.finish(replace(finished(begun(store, "r1"), status), reason="verify: it answers 3"))
    teller.round()
    assert github.states(A) == ["pending", state]


def test_a_run_that_was_superseded_is_told_so(teller: Teller, store: Store, github: GitHub) -> None:
    for number in (1, 2, 3):
        store.accept(push(number))
    teller.round()
    assert github.states(f"{2:040x}") == ["error"]
    assert github.states(f"{3:040x}") == ["pending"]


def test_a_run_whose_worker_is_lost_for_good_is_told_so(teller: Teller, store: Store, github: GitHub) -> None:
    accepted(store)
    teller.round()
    for _ in range(ATTEMPTS + 1):
        begun(store, "r1")
        store.abandon("r1", "w1", died=True)
        store.reap("iris", 2000.0)
        teller.round()
    assert github.states(A)[-1] == "error"
    assert "its worker died 3 times" in github.statuses[-1][2]


def test_the_commit_that_is_built_is_told_of_and_the_one_pushed_is_not_left_pending(teller: Teller, store: Store, github: GitHub) -> None:
    accepted(store)
    teller.round()
    run = stepped(store, begun(store, "r1"), pulled(B))
    teller.round()
    store.finish(finished(run))
    teller.round()
    assert (github.states(A), github.states(B)) == (["pending", "error"], ["pending", "success"])


def test_a_run_without_a_commit_yet_is_told_of_once_it_has_one(teller: Teller, store: Store, github: GitHub) -> None:
    store.accept(replace(push(1), commit=""))
    teller.round()
    assert github.asked == []
    stepped(store, begun(store, "r1"), pulled(B))
    teller.round()
    assert github.states(B) == ["pending"]


def test_what_was_told_is_kept_with_the_run(teller: Teller, store: Store) -> None:
    accepted(store)
    teller.round()
    told = teller.told()
    assert (told.forge, told.commit, told.state, told.at, told.error) == ("GitHub", A, "pending", 1000.0, "")


def test_an_app_that_reports_nowhere_is_not_told_of(teller: Teller, store: Store, github: GitHub) -> None:
    accepted(store, app="rose")
    teller.round()
    assert github.asked == []


def test_what_happened_long_before_the_first_keeper_is_no_news(teller: Teller, store: Store) -> None:
    accepted(store)
    assert teller.reports.note(["iris"], time.time() + 60) == 0
    assert teller.due == []


def test_a_keeper_that_is_killed_loses_nothing(teller: Teller, store: Store, github: GitHub) -> None:
    accepted(store)
    teller.reports.note(["iris"], 0.0)
    assert teller.reports.hold("iris", "the one that is killed", teller.now)
    other = Teller(store, teller.app, "k2")
    other.round()
    assert github.states(A) == []
    other.round(later=LEASE_SECONDS + 1)
    assert github.states(A) == ["pending"]


def test_a_keeper_that_was_away_too_long_writes_nothing(teller: Teller, store: Store) -> None:
    accepted(store)
    teller.round()
    assert teller.reports.hold("iris", "k1", teller.now)
    assert teller.reports.hold("iris", "k2", teller.now + LEASE_SECONDS + 1)
    assert not teller.reports.told("iris", "k1", "r1", replace(teller.told(), state="older"))
    assert teller.told().state == "pending"


def test_what_happens_to_a_run_while_it_is_told_of_is_told_next(teller: Teller, store: Store, github: GitHub) -> None:
    accepted(store)
    teller.reports.note(["iris"], 0.0)
    teller.reports.hold("iris", "k1", teller.now)
    event = teller.reports.due("iris")["r1"]
    begun(store, "r1")
    teller.reports.note(["iris"], 0.0)
    assert teller.reports.told("iris", "k1", "r1", Told("GitHub", A, "pending", "Queued"), event)
    assert teller.due == ["r1"]
