"""What the server's own process counts: deliveries, forgeries, refusals and the time an answer took."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from hook_server import create_app
from tests.hook import BEARER, deliver, payload, settings, spec
from tests.integration.metrics.scrape import Scrape

Scraped = Callable[[], Scrape]
DELIVERIES = "pushrail_deliveries_total"


def test_a_push_is_counted_by_what_it_came_to(client: FlaskClient, scrape: Scraped) -> None:
    deliver(client, payload("push"))
    deliver(client, payload("push"))
    deliver(client, payload("push", ref="refs/heads/other"), delivery="d2")
    found = scrape()
    counted = {
        outcome: found.value(DELIVERIES, forge="github", event="push", outcome=outcome) for outcome in ("accepted", "duplicate", "ignored")
    }
    assert counted == {"accepted": 1, "duplicate": 1, "ignored": 1}


@pytest.mark.parametrize(("sent", "event", "outcome"), [("ping", "ping", "pong"), ("workflow_run", "other", "ignored")])
def test_what_is_no_push_is_counted_without_its_name(client: FlaskClient, scrape: Scraped, sent: str, event: str, outcome: str) -> None:
    deliver(client, payload("ping"), event=sent)
    assert scrape().value(DELIVERIES, forge="github", event=event, outcome=outcome) == 1


def test_a_signed_delivery_that_cannot_be_read_failed(client: FlaskClient, scrape: Scraped) -> None:
    deliver(client, b"[]")
    found = scrape()
    assert found.value(DELIVERIES, forge="github", event="other", outcome="failed") == 1
    assert found.value("pushrail_refused_deliveries_total", status="400") == 1


@pytest.mark.parametrize(("signature", "reason"), [(None, "missing"), ("sha256=1", "malformed"), ("sha256=" + "0" * 64, "wrong")])
def test_a_forgery_is_counted_by_its_reason(client: FlaskClient, scrape: Scraped, signature: str | None, reason: str) -> None:
    deliver(client, payload("push"), headers={"X-Hub-Signature-256": signature})
    found = scrape()
    assert found.value("pushrail_signature_failures_total", forge="github", reason=reason) == 1
    assert found.value("pushrail_refused_deliveries_total", status="401") == 1
    assert not found.families[DELIVERIES.removesuffix("_total")].samples


def test_every_answer_to_a_webhook_address_is_timed_and_no_other(client: FlaskClient, scrape: Scraped) -> None:
    deliver(client, payload("push"))
    deliver(client, payload("push"), secret="wrong")
    client.get("/livez")
    found = scrape()
    assert found.value("pushrail_delivery_duration_seconds_count") == 2
    assert found.value("pushrail_delivery_duration_seconds_bucket", le="+Inf") == 2


def test_without_redis_the_server_tells_what_it_knows_itself() -> None:
    client = create_app(settings("redis://127.0.0.1:1/0"), spec()).test_client()
    deliver(client, payload("push"))
    answer = client.get("/metrics", headers=BEARER)
    found = Scrape(answer.text)
    assert answer.status_code == 200
    assert found.value("pushrail_redis_up") == 0
    assert found.value(DELIVERIES, forge="github", event="push", outcome="failed") == 1
    assert found.value("pushrail_refused_deliveries_total", status="503") == 1


def test_an_address_that_may_not_send_is_refused_and_counted(redis_url: str) -> None:
    client = create_app(settings(redis_url, PUSHRAIL_HOOK_NETWORKS="10.0.0.0/8"), spec()).test_client()
    assert deliver(client, payload("push")).status_code == 403
    assert Scrape(client.get("/metrics", headers=BEARER).text).value("pushrail_refused_deliveries_total", status="403") == 1
