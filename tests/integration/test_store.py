"""The atomic acts on a run that has begun, against a real server."""

from dataclasses import replace

import pytest
from rq.job import Job, JobStatus
from rq.serializers import JSONSerializer

from pipeline.connection import complaints, impatient
from pipeline.errors import Fenced, StoreUnavailable
from pipeline.model import Status, StepResult
from pipeline.release import Release
from pipeline.releases import Releases
from pipeline.store import Store
from tests.integration.stored_runs import begun, finished, push


def test_what_served_before_is_adopted_once(store: Store) -> None:
    store.accept(push(1))
    run = begun(store, "r1")
    before = Release("iris", "", "", "", "", "template", "", 5.0)
    store.adopt(run, before)
    store.adopt(run, replace(before, template="another"))
    assert Releases(store.redis).live("iris") == before


def test_finish_keeps_the_verified_release(store: Store) -> None:
    store.accept(push(1))
    release = Release("iris", "r1", "c" * 40, "image", "id", "template", "[]", 5.0)
    store.finish(finished(begun(store, "r1")), release)
    assert Releases(store.redis).live("iris") == release


def test_only_the_active_run_begins(store: Store) -> None:
    store.accept(push(1))
    store.accept(push(2))
    assert store.begin("r2", "w1", 2000.0) is None


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


def test_rq_can_read_the_job_that_wakes_it(store: Store) -> None:
    store.accept(push(1))
    job = Job.fetch("r1-1", connection=store.redis, serializer=JSONSerializer)
    assert (job.func_name, job.args, job.get_status()) == ("worker.jobs.perform", ["r1"], JobStatus.QUEUED)


def test_events_tell_a_run_in_order(store: Store) -> None:
    store.accept(push(1))
    store.finish(finished(begun(store, "r1")))
    assert [event["kind"] for event in store.events()] == ["accepted", "activated", "begun", "succeeded"]


def test_a_duplicate_is_no_event_of_its_run_and_so_no_reason_to_tell_of_it_again(store: Store) -> None:
    store.accept(push(1))
    before = list(store.events())
    assert store.accept(push(2, delivery="d1")).duplicate
    assert list(store.events()) == before


def test_redis_away_is_one_typed_error() -> None:
    with pytest.raises(StoreUnavailable):
        Store(impatient("redis://127.0.0.1:1/0")).accept(push(1))


def test_the_embedded_server_has_no_complaint(redis_url: str) -> None:
    assert complaints(impatient(redis_url)) == []
