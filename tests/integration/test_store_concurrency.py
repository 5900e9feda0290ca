"""What a push does to earlier ones of its ref, by the app's ``concurrency``."""

from dataclasses import replace
from typing import Any

import pytest

from pipeline.model import Run, Status, StepResult
from pipeline.store import Accepted, Store
from tests.integration.stored_runs import begun, finished, push, queued, status

A, B, C = "a" * 40, "b" * 40, "c" * 40
TAG = "refs/tags/v1"


def kept(number: int, before: str = "", commit: str = "", **named: Any) -> Run:
    """A push to an app that keeps all."""
    return replace(push(number, commit=commit, **named), before=before, pinned=True, concurrency="keep-all")


def eager(number: int, **named: Any) -> Run:
    """A push to an app that cancels what runs."""
    return replace(push(number, **named), concurrency="cancel-running")


def rolling(store: Store, run: Run) -> Run:
    rolled = replace(run, steps=(StepResult("rollout", Status.RUNNING, 1.0),))
    store.record(rolled)
    return rolled


def active(store: Store) -> str:
    found = store.active("iris")
    return found.id if found else ""


def test_with_keep_all_every_push_has_its_turn_in_the_order_of_acceptance(store: Store) -> None:
    for number in range(1, 6):
        store.accept(kept(number))
    turns = []
    while turn := active(store):
        turns.append(turn)
        store.finish(finished(begun(store, turn)))
    assert turns == ["r1", "r2", "r3", "r4", "r5"]


def test_with_keep_all_one_push_under_two_delivery_ids_is_one_run_whether_it_runs_or_waits(store: Store) -> None:
    store.accept(kept(1, A, B))
    store.accept(kept(2, B, C))
    settled = begun(store, "r1")
    store.record(replace(settled, steps=(StepResult("pull", Status.RUNNING, 1.0, outputs={"commit": B}),)))
    assert store.accept(kept(3, A, B)) == Accepted("r1", duplicate=True)
    assert store.accept(kept(4, B, C)) == Accepted("r2", duplicate=True)


def test_with_keep_all_the_same_change_made_once_more_after_it_was_undone_is_a_push_of_its_own(store: Store) -> None:
    for number, before, commit in ((1, A, B), (2, B, A), (3, A, B)):
        assert store.accept(kept(number, before, commit)) == Accepted(f"r{number}", duplicate=False)
    assert store.accept(kept(4, A, B)) == Accepted("r3", duplicate=True)


def test_with_keep_all_a_run_that_somebody_asked_for_is_no_duplicate_of_a_push(store: Store) -> None:
    store.accept(kept(1, A, B))
    assert store.accept(push(2, commit=B, pinned=True)) == Accepted("r2", duplicate=False)


def test_a_line_of_thousands_is_still_taken(store: Store) -> None:
    store.accept(kept(1))
    store.redis.zadd("pushrail:pending:iris", {f"x{number}": 1_000_000 + number for number in range(9000)})
    assert store.accept(kept(2)) == Accepted("r2", duplicate=False)


def test_with_cancel_running_a_newer_push_ends_the_run_of_its_ref_and_takes_its_turn(store: Store) -> None:
    store.accept(eager(1))
    old = begun(store, "r1")
    store.accept(eager(2))
    ended = store.run("r1")
    assert ended is not None
    assert (ended.status, ended.reason) == (Status.SUPERSEDED, "by run r2")
    assert begun(store, "r2", "w2").fence > old.fence


def test_with_cancel_running_a_run_whose_rollout_has_begun_goes_on_and_the_newest_waits(store: Store) -> None:
    store.accept(eager(1))
    rolling(store, begun(store, "r1"))
    for number in (2, 3):
        store.accept(eager(number))
    assert [status(store, run) for run in ("r1", "r2", "r3")] == [Status.RUNNING, Status.SUPERSEDED, Status.QUEUED]


def test_with_cancel_running_a_run_that_somebody_asked_for_goes_on(store: Store) -> None:
    store.accept(push(1, pinned=True))
    begun(store, "r1")
    store.accept(eager(2))
    assert [status(store, run) for run in ("r1", "r2")] == [Status.RUNNING, Status.QUEUED]


def test_with_cancel_running_what_was_asked_for_before_comes_first(store: Store) -> None:
    store.accept(eager(1))
    begun(store, "r1")
    store.accept(push(2, pinned=True))
    store.accept(eager(3))
    assert (active(store), status(store, "r3")) == ("r2", Status.QUEUED)


@pytest.mark.parametrize("policy", ["pending-only", "cancel-running"])
def test_a_tag_and_a_branch_never_take_each_other_s_place(store: Store, policy: str) -> None:
    store.accept(replace(push(1), concurrency=policy))
    begun(store, "r1")
    for number, ref in ((2, TAG), (3, "refs/heads/v1"), (4, "refs/tags/v2")):
        store.accept(replace(push(number, ref=ref), concurrency=policy))
    assert [status(store, f"r{number}") for number in (1, 2, 3, 4)] == [Status.RUNNING, Status.QUEUED, Status.QUEUED, Status.QUEUED]


@pytest.mark.parametrize(("policy", "ended"), [("pending-only", 48), ("cancel-running", 49), ("keep-all", 0)])
def test_of_fifty_pushes_one_runs_and_by_policy_one_or_all_wait(store: Store, policy: str, ended: int) -> None:
    for number in range(1, 51):
        store.accept(replace(push(number), concurrency=policy))
        if number == 1:
            begun(store, "r1")
    counts = [run.status for run in store.runs(limit=100)]
    assert counts.count(Status.SUPERSEDED) == ended
    assert status(store, "r50") is Status.QUEUED
    assert len(queued(store)) <= 2  # the wake-up that r1 was begun from, and that of the run whose turn it is
