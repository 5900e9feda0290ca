"""Which pushes become runs, and whose turn it is."""

import threading
from dataclasses import replace

from pipeline.model import Run, Status, StepResult
from pipeline.store import Accepted, Store
from tests.integration.stored_runs import begun, finished, push, queued, status


def test_first_push_becomes_active_and_wakes_a_worker(store: Store) -> None:
    assert store.accept(push(1)) == Accepted("r1", duplicate=False)
    assert queued(store) == ["r1-1"]


def test_same_delivery_is_accepted_once(store: Store) -> None:
    store.accept(push(1))
    assert store.accept(push(2, delivery="d1")) == Accepted("r1", duplicate=True)


def test_a_run_given_again_after_a_lost_answer_is_accepted_and_not_a_duplicate(store: Store) -> None:
    assert [store.accept(push(1)) for _ in range(2)] == [Accepted("r1", duplicate=False)] * 2


def test_same_delivery_counts_for_each_app_alone(store: Store) -> None:
    store.accept(push(1))
    assert store.accept(push(2, app="rose", delivery="d1")) == Accepted("r2", duplicate=False)


def test_same_commit_under_another_delivery_starts_nothing_while_it_is_on_its_way(store: Store) -> None:
    store.accept(push(1, commit="c" * 40))
    assert store.accept(push(2, commit="c" * 40)) == Accepted("r1", duplicate=True)


def settled(store: Store, run: Run, commit: str) -> None:
    store.record(replace(run, steps=(StepResult("pull", Status.SUCCEEDED, 1.0, 2.0, {"commit": commit}),)))


def test_a_commit_that_comes_back_after_another_was_built_is_a_push_of_its_own(store: Store) -> None:
    store.accept(push(1, commit="a" * 40))
    settled(store, begun(store, "r1"), "b" * 40)
    assert store.accept(push(2, commit="a" * 40)) == Accepted("r2", duplicate=False)


def test_a_commit_that_is_being_built_needs_no_second_run(store: Store) -> None:
    store.accept(push(1, commit="a" * 40))
    settled(store, begun(store, "r1"), "b" * 40)
    assert store.accept(push(2, commit="b" * 40)) == Accepted("r1", duplicate=True)


def test_the_same_commit_by_another_change_is_a_push_of_its_own_until_one_is_built(store: Store) -> None:
    store.accept(push(1, commit="a" * 40))
    assert store.accept(replace(push(2, commit="a" * 40), before="b" * 40)) == Accepted("r2", duplicate=False)


def test_same_delivery_from_many_at_once_makes_one_run(store: Store) -> None:
    said: list[Accepted] = []
    threads = [threading.Thread(target=lambda n=n: said.append(store.accept(push(n, delivery="same")))) for n in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(not answer.duplicate for answer in said) == 1


def test_newest_accepted_push_takes_the_pending_place(store: Store) -> None:
    for number in (1, 2, 3):
        store.accept(push(number))
    assert [status(store, run) for run in ("r1", "r2", "r3")] == [Status.QUEUED, Status.SUPERSEDED, Status.QUEUED]
    assert queued(store) == ["r1-1"]


def test_pinned_runs_wait_their_turn_and_are_not_superseded(store: Store) -> None:
    store.accept(push(1))
    store.accept(push(2, pinned=True))
    store.accept(push(3, pinned=True))
    assert status(store, "r2") is Status.QUEUED


def test_finish_promotes_the_run_that_was_accepted_first(store: Store) -> None:
    for number, pinned in ((1, False), (2, True), (3, False)):
        store.accept(push(number, pinned=pinned))
    store.finish(finished(begun(store, "r1")))
    active = store.active("iris")
    assert active is not None
    assert active.id == "r2"
    assert queued(store) == ["r1-1", "r2-1"]
