"""The one act of a delivery: claims, runs and the log's entry, all of it or nothing."""

from dataclasses import replace

import pytest

from pipeline.deliveries import Deliveries
from pipeline.delivery import Decision, Outcome, Received
from pipeline.errors import StoreUnavailable
from pipeline.model import Run
from pipeline.store import Store
from tests.integration.stored_runs import push

RECEIVED = Received("github", "push", "d1", 1000.0, {"iris": 1})
IGNORED = Decision(Outcome("rose", "ignored", reason="no changed path matches rose/**"))


def wanted(run: Run) -> Decision:
    return Decision(Outcome(run.app, "accepted", reason="a note"), run)


def test_one_delivery_is_one_entry_with_an_outcome_for_each_app(deliveries: Deliveries) -> None:
    outcomes = deliveries.receive(RECEIVED, [wanted(push(1)), IGNORED, wanted(push(2, app="rye"))])
    assert outcomes == [Outcome("iris", "accepted", "r1", "a note"), IGNORED.outcome, Outcome("rye", "accepted", "r2", "a note")]
    (entry,) = deliveries.newest(5)
    assert (entry.received, list(entry.outcomes)) == (RECEIVED, outcomes)


def test_a_delivery_that_comes_again_is_an_entry_of_its_own(deliveries: Deliveries) -> None:
    for number in (1, 2):
        deliveries.receive(RECEIVED, [wanted(push(number, delivery="github:d1"))])
    assert [entry.outcomes[0].outcome for entry in deliveries.newest(5)] == ["duplicate", "accepted"]


def test_an_act_that_is_sent_again_after_a_lost_answer_changes_nothing(deliveries: Deliveries, store: Store) -> None:
    first, again = (deliveries.receive(RECEIVED, [IGNORED, wanted(push(1))]) for _ in range(2))
    assert first == again
    assert (len(deliveries.newest(5)), len(store.runs())) == (1, 1)


def test_a_wish_through_the_api_is_no_delivery(deliveries: Deliveries, store: Store) -> None:
    store.accept(push(1))
    assert deliveries.newest(5) == []


def test_a_redis_that_refuses_writes_holds_neither_claim_nor_run_nor_entry(deliveries: Deliveries, store: Store) -> None:
    store.redis.config_set("maxmemory", "1")
    try:
        with pytest.raises(StoreUnavailable):
            deliveries.receive(RECEIVED, [IGNORED, wanted(push(1)), wanted(push(2, app="rye"))])
    finally:
        store.redis.config_set("maxmemory", "0")
    assert list(store.redis.keys("*")) == []


@pytest.mark.parametrize("kept", [{"keep": 1}, {"days": 1}], ids=["number", "age"])
def test_old_entries_go_by_number_and_by_age(store: Store, kept: dict[str, int]) -> None:
    deliveries = Deliveries(store.redis, **kept)
    for _ in range(300):
        deliveries.receive(RECEIVED, [IGNORED])
    newest = int(deliveries.newest(1)[0].id.partition("-")[0]) / 1000
    deliveries.receive(replace(RECEIVED, received_at=newest + 2 * 86_400), [IGNORED])
    assert len(deliveries.newest(1000)) <= 101  # they go by the hundred
