"""What Redis counts and holds: runs, steps, rollbacks, what waits, and when the last delivery came."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from flask.testing import FlaskClient

from pipeline.model import Status, StepResult, Trigger
from pipeline.store import Store
from tests.hook import deliver, payload
from tests.integration.metrics.scrape import Scrape
from tests.integration.stored_runs import begun, finished, push

Scraped = Callable[[], Scrape]


def test_runs_are_counted_by_what_asked_for_them(store: Store, scrape: Scraped) -> None:
    store.accept(push(1))
    store.accept(push(2))
    store.accept(replace(push(3), trigger=Trigger.API, pinned=True))
    found = scrape()
    assert found.value("pushrail_runs_accepted_total", app="iris", trigger="push") == 2
    assert found.value("pushrail_runs_accepted_total", app="iris", trigger="api") == 1


@pytest.mark.parametrize("result", [Status.SUCCEEDED, Status.FAILED, Status.ROLLED_BACK])
def test_runs_are_counted_by_how_they_ended(store: Store, scrape: Scraped, result: Status) -> None:
    store.accept(push(1))
    store.finish(finished(begun(store, "r1"), result))
    assert scrape().value("pushrail_runs_finished_total", app="iris", result=result) == 1


def test_a_superseded_run_has_ended_too(store: Store, scrape: Scraped) -> None:
    for number in (1, 2, 3):
        store.accept(push(number))
    assert scrape().value("pushrail_runs_finished_total", app="iris", result="superseded") == 1


def test_a_run_that_may_not_end_any_more_is_not_counted(store: Store, scrape: Scraped) -> None:
    store.accept(push(1))
    run = finished(begun(store, "r1"))
    store.finish(run)
    with pytest.raises(Exception, match="no longer the one that counts"):
        store.finish(run)
    assert scrape().value("pushrail_runs_finished_total", app="iris", result="succeeded") == 1


def test_steps_are_timed_and_skipped_ones_left_out(store: Store, scrape: Scraped) -> None:
    store.accept(push(1))
    steps = (
        StepResult("pull", Status.SUCCEEDED, 2000.0, 2001.5),
        StepResult("retrain", Status.SKIPPED, 2001.5, 2001.5),
        StepResult("build", Status.FAILED, 2001.5, 9999.0),
        StepResult("rollback", Status.SUCCEEDED, 9999.0, 10001.0),
    )
    store.finish(replace(finished(begun(store, "r1"), Status.ROLLED_BACK), steps=steps))
    found, bucket = scrape(), "pushrail_step_duration_seconds_bucket"
    assert [found.value(bucket, app="iris", step="pull", le=bound) for bound in ("1.0", "2.0", "5.0", "+Inf")] == [0, 1, 1, 1]
    assert found.value(bucket, app="iris", step="build", le="3600.0") == 0
    assert found.value("pushrail_step_duration_seconds_sum", app="iris", step="build") == 7997.5
    assert found.labels("step") == {"pull", "build", "rollback"}
    assert found.value("pushrail_rollbacks_total", app="iris", result="succeeded") == 1


def test_the_oldest_run_that_waits_is_told_with_its_age(store: Store, scrape: Scraped) -> None:
    store.accept(push(1))
    assert standing(scrape()) == (0, 1, 5000.0 - 1001)
    begun(store, "r1")
    assert standing(scrape()) == (1, 0, 0)
    store.accept(push(2))
    store.accept(push(3, ref="refs/heads/other"))
    assert standing(scrape()) == (1, 2, 5000.0 - 1002)


def standing(found: Scrape) -> tuple[float | None, ...]:
    names = ("pushrail_running_runs", "pushrail_queued_runs", "pushrail_oldest_queued_run_age_seconds")
    return tuple(found.value(name, app="iris") for name in names)


def test_the_last_delivery_of_each_app_is_told(client: FlaskClient, scrape: Scraped) -> None:
    deliver(client, payload("push", ref="refs/heads/other"))
    found = scrape()
    assert found.value("pushrail_last_delivery_timestamp_seconds", app="iris") == 5000
    assert found.value("pushrail_last_delivery_timestamp_seconds", app="rose") is None


def test_pushes_over_the_limit_are_counted(client: FlaskClient, scrape: Scraped) -> None:
    for number in range(62):
        deliver(client, payload("push", after=f"{number:040x}"), delivery=f"d{number}")
    assert scrape().value("pushrail_rate_limited_pushes_total", app="iris") == 2


def test_an_app_that_is_not_in_the_file_is_not_told(store: Store, scrape: Scraped) -> None:
    store.accept(push(1, app="gone"))
    assert scrape().labels("app") == {"iris", "rose"}
