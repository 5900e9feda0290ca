"""What the server has yet to write: requests that nobody vouched for, and deliveries that came to nothing."""

from pathlib import Path

import pytest
import requests
from flask.testing import FlaskClient

from hook_server import create_app
from hook_server.spool import MOST_FAILED, Spool
from pipeline.connection import impatient
from pipeline.deliveries import Deliveries
from pipeline.delivery import Decision, Outcome, Received
from pipeline.errors import StoreUnavailable
from pipeline.refusals import KEPT, Refusal, Refusals
from pipeline.store import Store
from tests.hook import SPEC_TEXT, deliver, payload, settings, spec
from tests.served import served
from tests.wire import BODY

PUSH = payload("push")
REFUSAL = Refusal(1000.0, "192.0.2.1", "/hooks/github", "wrong", 7)
FAILED = (Received("github", "push", "d1", 1000.0, {"iris": 1}), [Decision(Outcome("iris", "failed", reason="a defect"))])


@pytest.fixture
def client(redis_url: str) -> FlaskClient:
    return create_app(settings(redis_url), spec()).test_client()


@pytest.fixture
def spool(client: FlaskClient) -> Spool:
    spool = client.application.extensions["pushrail"].spool
    assert isinstance(spool, Spool)
    return spool


@pytest.fixture
def refusals(store: Store) -> Refusals:
    return Refusals(store.redis)


@pytest.mark.parametrize(
    ("signature", "reason"),
    [(None, "missing"), ("sha256=", "malformed"), ("sha1=" + "0" * 40, "malformed"), ("sha256=" + "0" * 64, "wrong")],
)
def test_a_request_that_nobody_vouched_for_is_counted_and_nothing_of_it_is_kept(
    client: FlaskClient, spool: Spool, refusals: Refusals, signature: str | None, reason: str
) -> None:
    deliver(client, b"0123456789", headers={"X-Hub-Signature-256": signature, "X-Forwarded-For": "6.6.6.6"})
    spool.flush()
    assert refusals.counts() == {reason: 1}
    (kept,) = refusals.newest()
    assert (kept.address, kept.path, kept.reason, kept.length) == ("127.0.0.1", "/hooks/github", reason, 10)


def test_such_requests_do_not_write_to_redis_one_by_one(client: FlaskClient, spool: Spool, store: Store) -> None:
    for _ in range(250):
        deliver(client, PUSH, secret="the attacker's")
    assert store.redis.keys("*") == []
    before = store.redis.info("stats")["total_commands_processed"]
    spool.flush()
    assert store.redis.info("stats")["total_commands_processed"] - before < 10


def test_the_counts_are_complete_and_the_ring_holds_the_newest(spool: Spool, refusals: Refusals) -> None:
    for round_of in (0, 1):
        for number in range(80):
            spool.refused(Refusal(80.0 * round_of + number, "192.0.2.1", "/", "wrong", None))
        spool.flush()
    assert refusals.counts() == {"wrong": 160}
    assert [refusal.at for refusal in refusals.newest()] == [float(number) for number in range(159, 159 - KEPT, -1)]


def test_refusals_that_redis_cannot_take_are_kept_until_it_can(spool: Spool, refusals: Refusals, store: Store) -> None:
    spool.refused(REFUSAL)
    store.redis.config_set("maxmemory", "1")
    try:
        with pytest.raises(StoreUnavailable):
            spool.flush()
    finally:
        store.redis.config_set("maxmemory", "0")
    spool.refused(REFUSAL)
    spool.flush()
    assert (refusals.counts(), refusals.newest()) == ({"wrong": 2}, [REFUSAL, REFUSAL])


def test_with_nothing_to_write_redis_is_not_asked() -> None:
    nowhere = impatient("redis://127.0.0.1:1/0")
    Spool(Deliveries(nowhere, keep=100, days=1), Refusals(nowhere)).flush()


def test_an_unsigned_copy_claims_nothing(client: FlaskClient, spool: Spool, deliveries: Deliveries) -> None:
    assert deliver(client, PUSH, secret="the attacker's").status_code == 401
    spool.flush()
    assert deliver(client, PUSH).status_code == 202
    assert len(deliveries.page(5).entries) == 1


def test_a_delivery_that_redis_could_not_take_is_in_the_log_when_it_is_back(
    client: FlaskClient, spool: Spool, deliveries: Deliveries, store: Store
) -> None:
    store.redis.config_set("maxmemory", "1")
    try:
        assert deliver(client, PUSH).status_code == 503
    finally:
        store.redis.config_set("maxmemory", "0")
    spool.flush()
    (entry,) = deliveries.page(5).entries
    assert (entry.received.id, entry.received.push is not None) == ("72d3162e-cc78-11e3-81ab-4c9367dc0958", True)
    assert [(outcome.app, outcome.outcome) for outcome in entry.outcomes] == [("iris", "failed")]
    assert deliver(client, PUSH).status_code == 202


@pytest.mark.parametrize(
    ("headers", "event", "name"),
    [({}, "push", "72d3162e-cc78-11e3-81ab-4c9367dc0958"), ({"X-GitHub-Event": "Push!"}, "", ""), ({"X-GitHub-Delivery": "../x"}, "", "")],
    ids=["payload", "event", "id"],
)
def test_a_delivery_that_cannot_be_read_is_kept_by_what_its_headers_say(
    client: FlaskClient, deliveries: Deliveries, headers: dict[str, str | None], event: str, name: str
) -> None:
    assert deliver(client, payload("push", after="HEAD"), headers=headers).status_code == 400
    (entry,) = deliveries.page(5).entries
    assert (entry.received.event, entry.received.id, entry.received.push) == (event, name, None)
    assert entry.outcomes[0].outcome == "failed"


def test_a_flush_does_not_wait_for_another(spool: Spool, refusals: Refusals, monkeypatch: pytest.MonkeyPatch) -> None:
    spool.refused(REFUSAL)
    monkeypatch.setattr(Refusals, "add", lambda self, counts, newest: spool.flush())
    spool.flush()


def test_of_too_many_failed_ones_the_newest_are_remembered(spool: Spool, deliveries: Deliveries) -> None:
    for _ in range(MOST_FAILED + 5):
        spool.failed(*FAILED)
    spool.flush()
    assert len(deliveries.page(2 * MOST_FAILED).entries) == MOST_FAILED


def test_a_server_that_is_stopped_writes_what_it_has_yet_to_write(redis_url: str, refusals: Refusals, tmp_path: Path) -> None:
    with served(settings(redis_url), SPEC_TEXT, tmp_path, workers=1) as server:
        assert requests.post(f"{server[0]}/hooks/github", BODY, headers={"Content-Type": "application/json"}, timeout=15).status_code == 401
    assert refusals.counts() == {"missing": 1}
