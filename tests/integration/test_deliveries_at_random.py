"""Whatever forges send in whatever order: one run for a claim, one entry for a delivery, one active and one waiting run for each ref."""

from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from pipeline.connection import PREFIX
from pipeline.deliveries import Deliveries
from pipeline.delivery import Decision, Delivery, Outcome, Received
from pipeline.model import Run, Status, Trigger
from pipeline.store import Store
from tests.integration.stored_runs import begun, finished

APPS = ("iris", "rose")
REFS = ("refs/heads/main", "refs/tags/v1")


@dataclass(frozen=True)
class Sent:
    """A delivery, and which apps have no use for it."""

    forge: str
    id: str
    ref: str
    before: str
    commit: str
    ignoring: frozenset[str]


COMMITS = st.sampled_from(["a" * 40, "b" * 40, "c" * 40])
SENT = st.builds(
    Sent,
    forge=st.sampled_from(["github", "gitea"]),
    id=st.sampled_from(["d1", "d2", "d3"]),
    ref=st.sampled_from(REFS),
    before=COMMITS,
    commit=COMMITS,
    ignoring=st.frozensets(st.sampled_from(APPS)),
)
END = st.sampled_from(APPS)
"""The app's active run is begun and ends."""


def received(sent: Sent, number: int, deliveries: Deliveries) -> list[Outcome]:
    push = Delivery(sent.id, "acme/iris", sent.ref, sent.commit, sent.forge, "push", before=sent.before)
    decisions = [
        Decision(Outcome(app, "ignored"))
        if app in sent.ignoring
        else Decision(
            Outcome(app, "accepted"),
            Run(f"{app}-{number}", app, Trigger.PUSH, sent.ref, sent.commit, sent.before, delivery=push.claim, created_at=1000.0 + number),
        )
        for app in APPS
    ]
    return deliveries.receive(Received(sent.forge, "push", sent.id, 1000.0 + number, {}, push), decisions)[1]


def ended(app: str, store: Store) -> None:
    if active := store.active(app):
        store.finish(finished(begun(store, active.id)))


def check_lanes(store: Store) -> None:
    for app in APPS:
        active = store.active(app)
        waiting = store.pending(app)
        assert active is not None or not waiting
        assert len({run.ref for run in waiting}) == len(waiting)
        under_way = {run.id for run in (active, *waiting) if run}
        assert {run.id for run in store.runs(app) if not run.status.is_final} == under_way


def check_claims(sent: list[Sent], store: Store) -> None:
    for claim in {f"{delivery.forge}:{delivery.id}" for delivery in sent}:
        for app in APPS:
            held = store.claimed(app, claim)
            assert not held or store.run(held)


@hypothesis_settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=st.lists(st.one_of(SENT, END), max_size=14))
def test_each_claim_has_one_run_and_each_delivery_one_entry(store: Store, deliveries: Deliveries, acts: list[Sent | str]) -> None:
    store.redis.flushall()
    outcomes: list[Outcome] = []
    sent = [act for act in acts if isinstance(act, Sent)]
    for number, act in enumerate(acts):
        if isinstance(act, str):
            ended(act, store)
        else:
            outcomes += received(act, number, deliveries)
        check_lanes(store)
    check_claims(sent, store)
    assert len(deliveries.page(100).entries) == len(sent)
    begun_by = [outcome.run for outcome in outcomes if outcome.outcome == "accepted"]
    assert sorted(begun_by) == sorted(run.id for run in store.runs())
    assert store.redis.scard(f"{PREFIX}apps") == len({outcome.app for outcome in outcomes if outcome.outcome == "accepted"})
    once_told = {(outcome.app, outcome.run) for outcome in outcomes if outcome.outcome == "duplicate"}
    assert all(run in begun_by for _, run in once_told)


@pytest.mark.parametrize("status", [Status.SUCCEEDED, Status.FAILED])
def test_a_claim_outlives_its_run(store: Store, deliveries: Deliveries, status: Status) -> None:
    sent = Sent("github", "d1", REFS[0], "a" * 40, "b" * 40, frozenset(["rose"]))
    received(sent, 1, deliveries)
    store.finish(finished(begun(store, "iris-1"), status))
    assert received(sent, 2, deliveries)[0] == Outcome("iris", "duplicate", "iris-1", "this push has its run already")
