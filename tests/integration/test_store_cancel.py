"""A run that is ended before its time, by hand or for a newer push; and every act that may come in the same moment."""

import json
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

import pytest

from pipeline.errors import Fenced
from pipeline.model import Run, Status, StepResult
from pipeline.store import Store
from tests.integration.stored_runs import begun, finished, push, queued, status

NOW = 2500.0


def in_step(store: Store, run: Run, *names: str) -> Run:
    """The run in the last of these steps, with the others behind it."""
    behind = [StepResult(name, Status.SUCCEEDED, 1.0, 2.0) for name in names[:-1]]
    run = replace(run, steps=(*behind, StepResult(names[-1], Status.RUNNING, 2.0)))
    store.record(run)
    return run


def found(store: Store, run: str) -> Run:
    said = store.run(run)
    assert said is not None
    return said


def test_a_run_that_waits_is_cancelled_and_the_one_that_runs_goes_on(store: Store) -> None:
    for number in (1, 2):
        store.accept(push(number))
    begun(store, "r1")
    assert store.cancel("r2", "by ada: too early", NOW) == "cancelled"
    ended = found(store, "r2")
    assert (ended.status, ended.reason, ended.finished_at) == (Status.CANCELLED, "by ada: too early", NOW)
    store.finish(finished(found(store, "r1")))
    assert store.active("iris") is None


def test_a_run_that_is_queued_is_cancelled_and_wakes_nobody(store: Store) -> None:
    store.accept(push(1))
    store.accept(push(2))
    store.cancel("r1", "by ada", NOW)
    assert queued(store) == ["r2-1"]
    assert store.redis.exists("rq:job:r1-1") == 0


def test_a_run_that_was_popped_and_cancelled_does_not_begin(store: Store) -> None:
    store.accept(push(1))
    store.redis.delete("rq:queue:pushrail")
    store.cancel("r1", "by ada", NOW)
    assert store.begin("r1", "w1", NOW) is None


def test_a_run_under_way_is_cancelled_and_the_next_is_promoted(store: Store) -> None:
    for number in (1, 2):
        store.accept(push(number))
    stale = in_step(store, begun(store, "r1"), "pull", "retrain")
    assert store.cancel("r1", "by ada", NOW) == "cancelled"
    assert begun(store, "r2", "w2").fence > stale.fence
    for act in (lambda: store.record(stale), lambda: store.finish(finished(stale))):
        with pytest.raises(Fenced):
            act()
    assert [(step.name, step.status) for step in found(store, "r1").steps] == [("pull", Status.SUCCEEDED), ("retrain", Status.CANCELLED)]


def test_its_worker_is_told_at_once_and_again_when_it_renews_and_no_other_is(store: Store) -> None:
    store.accept(push(1))
    begun(store, "r1")
    with store.redis.pubsub(ignore_subscribe_messages=True) as listener:
        listener.subscribe("rq:pubsub:w1")
        listener.get_message(timeout=1)
        store.cancel("r1", "by ada", NOW)
        said = listener.get_message(timeout=5)
    assert json.loads(said["data"]) == {"command": "halt", "run": "r1"}
    assert [store.renew("r1", worker) for worker in ("w1", "w1", "w2")] == ["halted", "halted", "ended"]


@pytest.mark.parametrize("steps", [["pull", "rollout"], ["pull", "rollout", "verify"], ["rollback"]])
def test_a_run_whose_rollout_has_begun_goes_on(store: Store, steps: list[str]) -> None:
    store.accept(push(1))
    run = in_step(store, begun(store, "r1"), *steps)
    assert store.cancel("r1", "by ada", NOW) == "rolling"
    store.finish(finished(run))
    assert status(store, "r1") is Status.SUCCEEDED


def test_a_run_that_died_in_its_rollout_is_still_not_to_be_cancelled(store: Store) -> None:
    store.accept(push(1))
    in_step(store, begun(store, "r1"), "pull", "rollout")
    store.abandon("r1", "w1", died=True)
    assert store.reap("iris", NOW) == "requeued"
    assert store.cancel("r1", "by ada", NOW) == "rolling"


def test_a_rollout_that_was_passed_over_stands_in_nobody_s_way(store: Store) -> None:
    store.accept(push(1))
    run = begun(store, "r1")
    store.record(replace(run, steps=(StepResult("rollout", Status.SKIPPED, 1.0, 1.0), StepResult("prune", Status.RUNNING, 1.0))))
    assert store.cancel("r1", "by ada", NOW) == "cancelled"


def test_a_run_that_died_and_waits_for_its_next_attempt_is_cancelled(store: Store) -> None:
    store.accept(push(1))
    begun(store, "r1")
    store.abandon("r1", "w1", died=True)
    store.reap("iris", NOW)
    assert store.cancel("r1", "by ada", NOW) == "cancelled"
    assert (queued(store), store.active("iris")) == (["r1-1"], None)  # that of the first attempt was taken from the queue by nobody here


def test_what_has_ended_stays_as_it_ended(store: Store) -> None:
    store.accept(push(1))
    store.finish(finished(begun(store, "r1")))
    assert store.cancel("r1", "by ada", NOW) == "succeeded"
    assert store.cancel("r0", "by ada", NOW) == "unknown"


def test_a_second_cancel_changes_nothing(store: Store) -> None:
    store.accept(push(1))
    assert [store.cancel("r1", by, NOW) for by in ("by ada", "by bob")] == ["cancelled", "cancelled"]
    assert found(store, "r1").reason == "by ada"


def at_once(*acts: Callable[[], object]) -> None:
    """Do these in threads that start together; a fenced one is one that lost."""
    start = threading.Barrier(len(acts))

    def do(act: Callable[[], object]) -> None:
        start.wait()
        with suppress(Fenced):
            act()

    threads = [threading.Thread(target=do, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@pytest.mark.parametrize("against", ["rollout", "finish", "begin", "push"])
def test_of_a_cancel_and_another_act_in_the_same_moment_one_wins_altogether(store: Store, against: str) -> None:
    for number in range(40):
        name, said = f"r{number}", []
        store.accept(replace(push(number), concurrency="cancel-running"))
        run = finished(begun(store, name)) if against != "begin" else push(number)
        rolled = replace(run, steps=(StepResult("rollout", Status.RUNNING, 1.0),))
        other = {
            "rollout": lambda rolled=rolled: store.record(rolled),
            "finish": lambda run=run: store.finish(run),
            "begin": lambda name=name: store.begin(name, "w1", NOW),
            "push": lambda number=number: store.accept(replace(push(1000 + number), concurrency="cancel-running")),
        }[against]
        at_once(lambda name=name, said=said: said.append(store.cancel(name, "by ada", NOW)), other)  # type: ignore[misc]
        ended = found(store, name)
        if said == ["cancelled"]:
            assert (ended.status, ended.reason, ended.rollout_begun) == (Status.CANCELLED, "by ada", False)
        else:
            kept = {"rollout": ["rolling"], "finish": ["succeeded"], "push": ["superseded"]}
            assert said == kept[against]
        for left in store.runs():
            if not left.status.is_final:
                finish_or_cancel(store, left)
    finals = [event["run"] for event in store.events() if event["kind"] in ("cancelled", "succeeded", "superseded")]
    assert len(finals) == len(set(finals))


def finish_or_cancel(store: Store, run: Run) -> None:
    if store.cancel(run.id, "by the test", NOW) == "rolling":
        store.finish(finished(found(store, run.id)))
