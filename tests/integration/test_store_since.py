"""A run stands for the pushes whose place it takes: what they may have changed is not lost."""

from dataclasses import replace

import pytest

from pipeline.model import Run
from pipeline.store import Store
from tests.integration.stored_runs import begun, push

A, B, C, D = ("a" * 40, "b" * 40, "c" * 40, "d" * 40)


def moved(number: int, before: str, commit: str, *, undecided: bool) -> Run:
    """A push that does, or does not, say which paths it changed; an earlier run is under way."""
    return replace(push(number, commit=commit), before=before, since=(before,) if undecided else ())


def since(store: Store, *pushes: Run) -> tuple[str, ...]:
    store.accept(push(0))
    for given in pushes:
        store.accept(given)
    found = store.run(pushes[-1].id)
    assert found is not None
    return found.since


def test_a_push_that_takes_nobody_s_place_stands_for_itself(store: Store) -> None:
    assert since(store, moved(1, A, B, undecided=True)) == (A,)


def test_pushes_that_go_on_where_the_one_before_ended_are_looked_at_from_the_first(store: Store) -> None:
    pushes = [moved(number, *ends, undecided=True) for number, ends in enumerate([(A, B), (B, C), (C, D)], 1)]
    assert since(store, *pushes) == (A,)


def test_pushes_that_came_in_another_order_are_looked_at_from_each(store: Store) -> None:
    assert set(since(store, moved(1, B, C, undecided=True), moved(2, A, B, undecided=True))) == {A, B}


@pytest.mark.parametrize("undecided", [(False, True), (True, False)], ids=["the older", "the newer"])
def test_one_push_that_matters_is_enough(store: Store, undecided: tuple[bool, bool]) -> None:
    assert since(store, *(moved(n, *ends, undecided=u) for n, ends, u in zip((1, 2), ((A, B), (B, C)), undecided, strict=True))) == ()


def test_a_run_that_was_asked_for_makes_what_takes_its_place_matter(store: Store) -> None:
    assert since(store, push(1), moved(2, A, B, undecided=True)) == ()


def test_a_run_that_is_stopped_for_a_newer_push_hands_over_what_it_stands_for(store: Store) -> None:
    store.accept(replace(moved(1, A, B, undecided=True), concurrency="cancel-running"))
    begun(store, "r1")
    store.accept(replace(moved(2, B, C, undecided=True), concurrency="cancel-running"))
    found = store.run("r2")
    assert found is not None
    assert found.since == (A,)


def test_a_run_knows_that_it_took_the_place_of_another(store: Store) -> None:
    for number in range(3):
        store.accept(push(number))
    assert [run.heir for run in store.runs()] == [True, False, False]


def test_a_run_that_goes_on_hands_over_nothing(store: Store) -> None:
    store.accept(moved(1, A, B, undecided=True))
    begun(store, "r1")
    store.accept(moved(2, B, C, undecided=True))
    found = store.run("r2")
    assert found is not None
    assert found.since == (B,)
