"""Which commits of a branch count as seen: whatever was pushed, asked for or built."""

from dataclasses import replace

import pytest

from pipeline.deliveries import Deliveries
from pipeline.delivery import Decision, Outcome, Received
from pipeline.model import Run, Status, StepResult, Trigger
from pipeline.store import Accepted, Store
from pipeline.tips import Tips
from tests.integration.stored_runs import MAIN, begun, finished, push

A, B = "a" * 40, "b" * 40
RECEIVED = Received("github", "push", "d1", 1000.0, {"iris": 1})


@pytest.fixture
def tips(store: Store) -> Tips:
    return Tips(store.redis)


def found(number: int, commit: str) -> Run:
    """A run that the reconciler asks for."""
    return replace(push(number, commit=commit, delivery=f"reconcile:{MAIN}:{commit}"), trigger=Trigger.RECONCILE)


def settled(store: Store, run: Run, commit: str) -> Run:
    run = replace(run, steps=(StepResult("pull", Status.RUNNING, 1.0, None, {"commit": commit}),))
    store.record(run)
    return run


def test_nothing_is_seen_before_the_first_push(tips: Tips) -> None:
    assert not tips.seen("iris", MAIN, A)


def test_a_push_that_was_accepted_is_seen_for_its_app_and_branch_alone(tips: Tips, store: Store) -> None:
    store.accept(push(1, commit=A))
    places = [("iris", MAIN), ("rose", MAIN), ("iris", "refs/heads/next")]
    assert [tips.seen(app, ref, A) for app, ref in places] == [True, False, False]


def test_a_push_that_is_a_duplicate_is_seen(tips: Tips, store: Store) -> None:
    store.accept(push(1, commit=A))
    assert store.accept(push(2, commit=B, delivery="d1")).duplicate
    assert tips.seen("iris", MAIN, B)


def test_a_push_that_a_rule_ignores_is_seen(tips: Tips, deliveries: Deliveries) -> None:
    deliveries.receive(RECEIVED, [Decision(Outcome("iris", "ignored", reason="the commit message says [skip ci]"), settles=(MAIN, A))])
    assert tips.seen("iris", MAIN, A)


def test_a_commit_that_a_person_asked_for_is_seen(tips: Tips, store: Store) -> None:
    store.accept(replace(push(1, commit=A, pinned=True), trigger=Trigger.API))
    assert tips.seen("iris", MAIN, A)


def test_what_was_built_in_place_of_what_was_pushed_is_seen(tips: Tips, store: Store) -> None:
    store.accept(push(1, commit=A))
    settled(store, begun(store, "r1"), B)
    assert tips.seen("iris", MAIN, B)


def test_a_tag_is_no_branch(tips: Tips, store: Store) -> None:
    store.accept(push(1, ref="refs/tags/v1", commit=A))
    assert store.redis.keys("pushrail:seen:*") == []


def test_the_newest_thousand_stay(tips: Tips, deliveries: Deliveries) -> None:
    commits = [f"{number:040x}" for number in range(1, 1003)]
    deliveries.receive(RECEIVED, [Decision(Outcome("iris", "ignored"), settles=(MAIN, commit)) for commit in commits])
    assert [tips.seen("iris", MAIN, commit) for commit in (commits[1], commits[2], commits[-1])] == [False, True, True]


def test_where_a_branch_is_at_first_sight_is_where_it_begins(tips: Tips) -> None:
    assert [tips.baseline("iris", MAIN, A), tips.baseline("iris", MAIN, B)] == [True, False]
    assert [tips.seen("iris", MAIN, A), tips.seen("iris", MAIN, B)] == [True, False]


@pytest.mark.parametrize("end", [None, Status.SUCCEEDED, Status.ROLLED_BACK])
def test_a_delivery_that_comes_after_the_reconciler_starts_nothing(end: Status | None, store: Store) -> None:
    store.accept(found(1, A))
    if end:
        store.finish(finished(settled(store, begun(store, "r1"), A), end))
    assert store.accept(replace(push(2, commit=A), before=B)) == Accepted("r1", duplicate=True)


def test_what_a_person_sends_once_more_has_its_run_after_the_reconciler_s(store: Store) -> None:
    store.accept(found(1, A))
    store.finish(finished(begun(store, "r1")))
    wanted = replace(push(2, commit=A, delivery="redelivery:1-0:key", pinned=True), trigger=Trigger.REDELIVERY)
    assert store.accept(wanted) == Accepted("r2", duplicate=False)


def test_a_commit_that_comes_back_after_the_reconciler_is_a_push_of_its_own(store: Store) -> None:
    store.accept(found(1, A))
    store.finish(finished(settled(store, begun(store, "r1"), A)))
    store.accept(push(2, commit=B))
    assert store.accept(replace(push(3, commit=A), before=B)) == Accepted("r3", duplicate=False)


def test_two_reconcilers_start_one_run(store: Store) -> None:
    assert [store.accept(found(number, A)) for number in (1, 2)] == [Accepted("r1", duplicate=False), Accepted("r1", duplicate=True)]


def test_the_reconciler_starts_nothing_for_a_push_that_is_on_its_way(store: Store) -> None:
    store.accept(replace(push(1, commit=A), before=B))
    assert store.accept(found(2, A)) == Accepted("r1", duplicate=True)


def test_the_event_record_tells_what_is_built_and_which_step_began_once(store: Store) -> None:
    store.accept(push(1, commit=A))
    run = settled(store, begun(store, "r1"), B)
    settled(store, run, B)
    told = [(event["kind"], event["detail"]) for event in store.events() if event["kind"] in ("settled", "step")]
    assert told == [("settled", B), ("step", "pull")]
