"""The one act of a delivery, claims, runs and the log's entry; and how the log is read."""

from dataclasses import replace

import pytest

from pipeline.deliveries import Deliveries, Entry
from pipeline.delivery import Decision, Delivery, Outcome, Received
from pipeline.errors import StoreUnavailable
from pipeline.model import Run, Status
from pipeline.store import Store
from tests.integration.stored_runs import begun, finished, push, status

RECEIVED = Received("github", "push", "d1", 1000.0, {"iris": 1})
PUSH = Delivery("d1", "acme/iris", "refs/heads/main", "c" * 40, forge="github", event="push")
IGNORED = Decision(Outcome("rose", "ignored", reason="no changed path matches rose/**"))


def wanted(run: Run) -> Decision:
    return Decision(Outcome(run.app, "accepted", reason="a note"), run)


def newest(deliveries: Deliveries) -> Entry:
    return deliveries.page(1).entries[0]


def test_one_delivery_is_one_entry_with_an_outcome_for_each_app(deliveries: Deliveries) -> None:
    name, outcomes = deliveries.receive(RECEIVED, [wanted(push(1)), IGNORED, wanted(push(2, app="rye"))])
    assert outcomes == [Outcome("iris", "accepted", "r1", "a note"), IGNORED.outcome, Outcome("rye", "accepted", "r2", "a note")]
    assert deliveries.page(5).entries == [Entry(name, RECEIVED, tuple(outcomes))]


def test_a_run_names_the_entry_it_came_from(deliveries: Deliveries, store: Store) -> None:
    name, _ = deliveries.receive(RECEIVED, [wanted(push(1))])
    run = store.run("r1")
    assert run is not None
    assert run.entry == name
    assert deliveries.entry(name) == newest(deliveries)


def test_an_entry_that_is_not_there_is_none(deliveries: Deliveries) -> None:
    assert deliveries.entry("5-0") is None


def test_a_delivery_that_comes_again_is_an_entry_of_its_own(deliveries: Deliveries) -> None:
    for number in (1, 2):
        deliveries.receive(RECEIVED, [wanted(push(number, delivery="github:d1"))])
    assert [entry.outcomes[0].outcome for entry in deliveries.page(5).entries] == ["duplicate", "accepted"]


def test_an_act_that_is_sent_again_after_a_lost_answer_changes_nothing(deliveries: Deliveries, store: Store) -> None:
    first, again = (deliveries.receive(RECEIVED, [IGNORED, wanted(push(1))]) for _ in range(2))
    assert first == again
    assert (len(deliveries.page(5).entries), len(store.runs())) == (1, 1)


def test_a_wish_through_the_api_is_no_delivery(deliveries: Deliveries, store: Store) -> None:
    store.accept(push(1))
    assert deliveries.page(5).entries == []


def test_a_redis_that_refuses_writes_holds_neither_claim_nor_run_nor_entry(deliveries: Deliveries, store: Store) -> None:
    store.redis.config_set("maxmemory", "1")
    try:
        with pytest.raises(StoreUnavailable):
            deliveries.receive(RECEIVED, [IGNORED, wanted(push(1)), wanted(push(2, app="rye"))])
    finally:
        store.redis.config_set("maxmemory", "0")
    assert list(store.redis.keys("*")) == []


def test_a_run_whose_place_was_taken_makes_its_delivery_superseded_and_names_who_took_it(deliveries: Deliveries) -> None:
    names = [deliveries.receive(RECEIVED, [wanted(push(number))])[0] for number in (1, 2, 3)]
    second = deliveries.entry(names[1])
    assert second is not None
    assert second.outcomes == (Outcome("iris", "superseded", "r2", "by run r3"),)
    assert [entry.outcomes[0].outcome for entry in deliveries.page(5).entries] == ["accepted", "superseded", "accepted"]


def test_a_run_that_ended_otherwise_leaves_its_delivery_accepted(deliveries: Deliveries, store: Store) -> None:
    deliveries.receive(RECEIVED, [wanted(push(1))])
    store.finish(finished(begun(store, "r1"), Status.FAILED))
    assert newest(deliveries).outcomes[0].outcome == "accepted"


@pytest.mark.parametrize("told", [None, PUSH], ids=["another event", "a push"])
@pytest.mark.parametrize("kept", [{"keep": 100, "days": 30}, {"keep": 10_000, "days": 1}], ids=["number", "age"])
def test_old_entries_go_by_number_and_by_age(store: Store, kept: dict[str, int], told: Delivery | None) -> None:
    deliveries = Deliveries(store.redis, **kept)
    for _ in range(300):
        deliveries.receive(RECEIVED, [IGNORED])
    written_at = int(newest(deliveries).id.partition("-")[0]) / 1000
    deliveries.receive(replace(RECEIVED, push=told, received_at=written_at + 2 * 86_400), [IGNORED])
    assert len(deliveries.page(1000).entries) <= 200  # they go by the hundred


def filled(deliveries: Deliveries) -> None:
    """250 deliveries: every tenth concerns the app rye, every fiftieth failed."""
    for number in range(250):
        outcome = "failed" if number % 50 == 0 else "ignored"
        app = "rye" if number % 10 == 0 else "iris"
        deliveries.receive(replace(RECEIVED, id=f"d{number}"), [Decision(Outcome(app, outcome))])


@pytest.mark.parametrize(
    ("asked", "steps"), [({}, 1), ({"app": "rye"}, 10), ({"outcome": "failed"}, 50), ({"app": "rye", "outcome": "failed"}, 50)], ids=str
)
def test_pages_lead_through_all_that_is_asked_for_and_end(deliveries: Deliveries, asked: dict[str, str], steps: int) -> None:
    filled(deliveries)
    found: list[str] = []
    older = ""
    while True:
        page = deliveries.page(4, before=older, **asked)
        found += [entry.received.id for entry in page.entries]
        if not (older := page.older):
            break
    assert found == [f"d{number}" for number in reversed(range(0, 250, steps))]


def test_one_page_looks_at_so_many_entries_and_leads_on(deliveries: Deliveries, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.deliveries.MOST_LOOKED_AT", 120)
    filled(deliveries)
    page = deliveries.page(4, outcome="accepted")
    assert (page.entries, page.older) == ([], deliveries.page(120).entries[-1].id)


def test_an_app_is_found_by_its_own_outcome_alone(deliveries: Deliveries) -> None:
    deliveries.receive(RECEIVED, [IGNORED, wanted(push(1))])
    assert deliveries.page(5, app="iris", outcome="ignored").entries == []


def test_beyond_the_limit_a_push_is_accepted_waits_alone_for_its_ref_and_says_so(store: Store) -> None:
    deliveries = Deliveries(store.redis, keep=1000, days=1, most_a_minute=2)
    said = [deliveries.receive(replace(RECEIVED, push=PUSH), [wanted(push(number))])[1][0] for number in range(1, 5)]
    assert [outcome.outcome for outcome in said] == ["accepted"] * 4
    assert ["more than 2 deliveries of this repository in a minute" in outcome.reason for outcome in said] == [False, False, True, True]
    assert [status(store, f"r{number}") for number in (1, 2, 3, 4)] == ["queued", "superseded", "superseded", "queued"]


@pytest.mark.parametrize("policy", ["keep-all", "cancel-running"])
def test_beyond_the_limit_every_policy_gives_way_to_the_newest_waits(store: Store, policy: str) -> None:
    deliveries = Deliveries(store.redis, keep=1000, days=1, most_a_minute=1)
    for number in range(1, 5):
        run = replace(push(number), pinned=policy == "keep-all", concurrency=policy)
        deliveries.receive(replace(RECEIVED, push=PUSH), [wanted(run)])
    assert [status(store, f"r{number}") for number in (1, 2, 3, 4)] == ["queued", "superseded", "superseded", "queued"]


@pytest.mark.parametrize(
    "other",
    [
        replace(RECEIVED, push=replace(PUSH, repository="acme/rose")),
        replace(RECEIVED, push=PUSH, received_at=1080.0),
        replace(RECEIVED, push=PUSH, redelivers="5-0"),
        RECEIVED,
    ],
    ids=["another repository", "the next minute", "a person", "no push"],
)
def test_the_limit_counts_the_pushes_of_a_repository_in_a_minute(store: Store, other: Received) -> None:
    deliveries = Deliveries(store.redis, keep=1000, days=1, most_a_minute=1)
    deliveries.receive(replace(RECEIVED, push=PUSH), [wanted(push(1))])
    assert deliveries.receive(other, [wanted(push(2))])[1][0].reason == "a note"


def test_what_is_counted_is_forgotten(store: Store, deliveries: Deliveries) -> None:
    deliveries.receive(replace(RECEIVED, push=PUSH), [IGNORED])
    (key,) = store.redis.keys("pushrail:pace:*")
    assert 0 < store.redis.ttl(key) <= 120
