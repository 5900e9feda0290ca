"""A run and its worker: whose it is, and what becomes of it when the worker dies."""

from dataclasses import replace

from pipeline.model import Status, StepResult
from pipeline.store import ATTEMPTS, Store
from tests.integration.stored_runs import begun, finished, push, queued, status


def test_a_leased_run_does_not_begin_again(store: Store) -> None:
    store.accept(push(1))
    begun(store, "r1")
    assert store.begin("r1", "w2", 2000.0) is None


def test_a_run_with_a_lease_is_left_alone(store: Store) -> None:
    store.accept(push(1))
    begun(store, "r1")
    assert store.reap("iris", 9999.0) == "alive"


def test_a_queued_run_is_left_alone(store: Store) -> None:
    store.accept(push(1))
    assert store.reap("iris", 9999.0) == "alive"


def test_a_run_popped_and_never_begun_is_requeued_after_a_while(store: Store) -> None:
    store.accept(push(1))
    store.redis.delete("rq:queue:pushrail")
    assert [store.reap("iris", now) for now in (100.0, 110.0, 116.0)] == ["alive", "alive", "requeued"]
    assert queued(store) == ["r1-1"]


def test_a_wake_up_that_kills_every_worker_comes_to_an_end(store: Store) -> None:
    store.accept(push(1))
    said = []
    for round_ in range(ATTEMPTS + 2):
        store.redis.delete("rq:queue:pushrail")
        said += [store.reap("iris", round_ * 100.0), store.reap("iris", round_ * 100.0 + 50)]
    assert said[-1] == "closed"
    assert status(store, "r1") is Status.ERRORED


def dies(store: Store, run: str) -> str:
    begun(store, run)
    store.abandon(run, "w1", died=True)
    return store.reap("iris", 2000.0)


def test_a_run_whose_worker_keeps_dying_is_condemned_to_one_last_attempt(store: Store) -> None:
    store.accept(push(1))
    assert [dies(store, "r1") for _ in range(ATTEMPTS)] == ["requeued"] * ATTEMPTS
    assert "died 3 times" in begun(store, "r1").condemned


def test_a_condemned_run_whose_worker_dies_too_ends_errored_and_frees_the_lane(store: Store) -> None:
    store.accept(push(1))
    store.accept(push(2))
    assert [dies(store, "r1") for _ in range(ATTEMPTS + 1)][-1] == "closed"
    assert status(store, "r1") is Status.ERRORED
    active = store.active("iris")
    assert active is not None
    assert active.id == "r2"


def test_an_attempt_that_was_stopped_on_purpose_does_not_count(store: Store) -> None:
    store.accept(push(1))
    for _ in range(ATTEMPTS * 2):
        assert begun(store, "r1").attempt == 1
        store.abandon("r1", "w1", died=False)
        assert store.reap("iris", 2000.0) == "requeued"


def test_a_running_run_without_a_lease_is_given_time_to_take_it_again(store: Store) -> None:
    store.accept(push(1))
    begun(store, "r1")
    store.redis.delete("pushrail:lease:r1")
    assert [store.reap("iris", now) for now in (100.0, 104.0)] == ["alive", "alive"]
    assert store.renew("r1", "w1") == "held"
    assert [store.reap("iris", now) for now in (106.0, 120.0)] == ["alive", "alive"]


def test_a_running_run_that_stays_without_a_lease_is_requeued(store: Store) -> None:
    store.accept(push(1))
    begun(store, "r1")
    store.redis.delete("pushrail:lease:r1")
    assert [store.reap("iris", now) for now in (100.0, 105.0)] == ["alive", "requeued"]


def test_a_step_that_was_under_way_when_its_run_was_closed_is_errored(store: Store) -> None:
    store.accept(push(1))
    run = begun(store, "r1")
    store.record(replace(run, steps=(StepResult("retrain", Status.RUNNING, 1.0),)))
    store.abandon("r1", "w1", died=True)
    store.reap("iris", 2000.0)
    assert [dies(store, "r1") for _ in range(ATTEMPTS)][-1] == "closed"
    closed = store.run("r1")
    assert closed is not None
    assert [step.status for step in closed.steps] == [Status.ERRORED]


def test_only_the_worker_that_has_the_run_renews_its_lease(store: Store) -> None:
    store.accept(push(1))
    begun(store, "r1")
    assert store.renew("r1", "w1") == "held"
    assert store.renew("r1", "w2") == "lost"


def test_a_run_that_ended_is_renewed_by_nobody(store: Store) -> None:
    store.accept(push(1))
    store.finish(finished(begun(store, "r1")))
    assert store.renew("r1", "w1") == "ended"


def test_a_lease_that_redis_lost_is_taken_again(store: Store) -> None:
    store.accept(push(1))
    begun(store, "r1")
    store.redis.delete("pushrail:lease:r1")
    assert store.renew("r1", "w1") == "held"
    assert store.reap("iris", 9999.0) == "alive"
