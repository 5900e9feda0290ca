"""A branch that is deleted takes what waits of it along, and nothing else."""

from dataclasses import replace

import pytest

from pipeline.model import Run, Status
from pipeline.store import Store
from tests.integration.stored_runs import MAIN, begun, push, queued, status

A, B, C, NOWHERE = ("a" * 40, "b" * 40, "c" * 40, "0" * 40)


def moved(number: int, before: str, commit: str, *, keep: bool = False) -> Run:
    run = replace(push(number, commit=commit), before=before)
    return replace(run, pinned=True, concurrency="keep-all") if keep else run


def drop(store: Store, gone: str) -> set[str]:
    return set(store.drop("iris", MAIN, gone, "ada deleted it", 2500.0))


def test_what_waits_is_cancelled_and_what_runs_goes_on(store: Store) -> None:
    store.accept(moved(1, A, B))
    begun(store, "r1")
    store.accept(moved(2, B, C))
    assert drop(store, C) == {"r2"}
    assert [status(store, run) for run in ("r1", "r2")] == [Status.RUNNING, Status.CANCELLED]


def test_what_waits_for_a_worker_is_cancelled_too_and_wakes_none(store: Store) -> None:
    store.accept(moved(1, A, B))
    store.accept(moved(2, B, C))
    assert drop(store, C) == {"r1", "r2"}
    assert (queued(store), store.active("iris")) == ([], None)


def test_a_run_that_died_and_waits_for_its_next_attempt_has_begun(store: Store) -> None:
    store.accept(moved(1, A, B))
    begun(store, "r1")
    store.abandon("r1", "w1", died=True)
    store.reap("iris", 2100.0)
    assert drop(store, B) == set()


def test_other_refs_apps_and_what_somebody_asked_for_stay(store: Store) -> None:
    store.accept(push(1, ref="refs/heads/next"))
    store.accept(push(2, ref="refs/tags/main"))
    store.accept(push(3, app="rose"))
    store.accept(push(4, commit=C, pinned=True))
    assert drop(store, C) == set()


@pytest.mark.parametrize(
    ("pushes", "gone", "cancelled"),
    [
        ([(NOWHERE, A), (A, B)], B, {"r1", "r2"}),
        ([(NOWHERE, A)], A, {"r1"}),
        ([(NOWHERE, A)], B, set()),
        ([(A, B), (NOWHERE, C)], B, {"r1"}),
        ([(A, B), (NOWHERE, C), (C, A)], B, {"r1"}),
        ([(A, B)], C, {"r1"}),
    ],
    ids=["made and deleted", "at once", "made anew", "deleted and made anew", "and pushed to", "the last push started nothing"],
)
def test_a_deletion_that_comes_late_leaves_what_was_made_anew(
    store: Store, pushes: list[tuple[str, str]], gone: str, cancelled: set[str]
) -> None:
    for number, (before, commit) in enumerate(pushes, 1):
        store.accept(moved(number, before, commit, keep=True))
    assert drop(store, gone) == cancelled
