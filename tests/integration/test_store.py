"""The atomic acts on runs, against a real server."""

import threading
from dataclasses import replace

import pytest
from rq.job import Job, JobStatus
from rq.serializers import JSONSerializer

from pipeline.connection import complaints, impatient
from pipeline.errors import Fenced, StoreUnavailable
from pipeline.model import Run, Status, StepResult, Trigger
from pipeline.release import Release
from pipeline.store import ATTEMPTS, Accepted, Store

MAIN = "refs/heads/main"


def push(number: int, *, app: str = "iris", ref: str = MAIN, delivery: str = "", commit: str = "", pinned: bool = False) -> Run:
    return Run(
        id=f"r{number}",
        app=app,
        trigger=Trigger.PUSH,
        ref=ref,
        commit=commit or f"{number:040x}",
        delivery=delivery or f"d{number}",
        pinned=pinned,
        created_at=1000.0 + number,
    )


def status(store: Store, run: str) -> Status:
    found = store.run(run)
    assert found is not None
    return found.status


def queued(store: Store) -> list[str]:
    return [name.decode() for name in store.redis.lrange("rq:queue:pushrail", 0, -1)]


def begun(store: Store, run: str, worker: str = "w1") -> Run:
    found = store.begin(run, worker, 2000.0)
    assert found is not None
    return found


def finished(run: Run, to: Status = Status.SUCCEEDED) -> Run:
    return replace(run, status=to, finished_at=3000.0)


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


def test_what_served_before_is_adopted_once(store: Store) -> None:
    store.accept(push(1))
    run = begun(store, "r1")
    before = Release("iris", "", "", "", "", "template", "", 5.0)
    store.adopt(run, before)
    store.adopt(run, replace(before, template="another"))
    assert store.live("iris") == before


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


def test_finish_keeps_the_verified_release(store: Store) -> None:
    store.accept(push(1))
    release = Release("iris", "r1", "c" * 40, "image", "id", "template", "[]", 5.0)
    store.finish(finished(begun(store, "r1")), release)
    assert store.live("iris") == release


def test_only_the_active_run_begins(store: Store) -> None:
    store.accept(push(1))
    store.accept(push(2))
    assert store.begin("r2", "w1", 2000.0) is None


def test_a_leased_run_does_not_begin_again(store: Store) -> None:
    store.accept(push(1))
    begun(store, "r1")
    assert store.begin("r1", "w2", 2000.0) is None


def test_step_results_are_kept_in_order(store: Store) -> None:
    store.accept(push(1))
    run = begun(store, "r1")
    results = (StepResult("pull", Status.SUCCEEDED, 1.0, 2.0, {"commit": "c"}), StepResult("build", Status.RUNNING, 2.0))
    store.record(replace(run, steps=results))
    found = store.run("r1")
    assert found is not None
    assert found.steps == results


def test_a_stale_attempt_can_neither_record_nor_finish(store: Store) -> None:
    store.accept(push(1))
    stale = begun(store, "r1")
    store.abandon("r1", "w1", died=True)
    assert store.reap("iris", 2001.0) == "requeued"
    with pytest.raises(Fenced):
        store.record(stale)
    with pytest.raises(Fenced):
        store.finish(finished(stale))
    assert begun(store, "r1", "w2").fence > stale.fence


def test_fence_grows_with_every_attempt_of_every_run(store: Store) -> None:
    store.accept(push(1))
    first = begun(store, "r1")
    store.finish(finished(first))
    store.accept(push(2))
    assert begun(store, "r2").fence > first.fence


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


def test_rq_can_read_the_job_that_wakes_it(store: Store) -> None:
    store.accept(push(1))
    job = Job.fetch("r1-1", connection=store.redis, serializer=JSONSerializer)
    assert (job.func_name, job.args, job.get_status()) == ("worker.jobs.perform", ["r1"], JobStatus.QUEUED)


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


def test_events_tell_a_run_in_order(store: Store) -> None:
    store.accept(push(1))
    store.finish(finished(begun(store, "r1")))
    assert [event["kind"] for event in store.events()] == ["accepted", "activated", "begun", "succeeded"]


def test_redis_away_is_one_typed_error() -> None:
    with pytest.raises(StoreUnavailable):
        Store(impatient("redis://127.0.0.1:1/0")).accept(push(1))


def test_the_embedded_server_has_no_complaint(redis_url: str) -> None:
    assert complaints(impatient(redis_url)) == []
