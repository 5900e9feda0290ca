"""The form of ``/metrics``: who may read it, names and units by Prometheus' conventions, and labels that no request can make.

https://prometheus.io/docs/practices/naming/
"""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from hook_server import create_app
from hook_server.meters import Meters, shared
from pipeline.store import Store
from tests.hook import BEARER, deliver, payload, settings, spec
from tests.integration.metrics.scrape import Scrape
from tests.integration.stored_runs import begun, finished, push

UNITS = ("_seconds", "_runs", "_up")


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}])
def test_who_has_no_token_learns_nothing(client: FlaskClient, headers: dict[str, str]) -> None:
    answer = client.get("/metrics", headers=headers)
    assert (answer.status_code, answer.content_type) == (401, "application/problem+json")


def test_it_is_prometheus_text(client: FlaskClient) -> None:
    assert client.get("/metrics", headers=BEARER).content_type.startswith("text/plain; version=")


def test_names_and_types_follow_the_conventions(client: FlaskClient, store: Store, scrape: Callable[[], Scrape]) -> None:
    everything(client, store)
    for name, family in scrape().families.items():
        assert name.startswith("pushrail_")
        assert family.documentation.endswith(".")
        assert family.type in ("counter", "gauge", "histogram")
        assert family.type == "counter" or name.endswith(UNITS)
        assert {sample.name for sample in family.samples} <= names(name, family.type)


def names(name: str, kind: str) -> set[str]:
    suffixes = {"counter": ("_total",), "gauge": ("",), "histogram": ("_bucket", "_sum", "_count")}[kind]
    return {name + suffix for suffix in suffixes}


def everything(client: FlaskClient, store: Store) -> None:
    for kept in (payload("push"), payload("ping"), b"[]"):
        deliver(client, kept)
    deliver(client, payload("push"), secret="wrong")
    store.accept(push(1, ref="refs/heads/x"))
    run = store.active("iris")
    assert run is not None
    store.finish(finished(begun(store, run.id)))


def test_nothing_that_a_request_says_becomes_a_label(client: FlaskClient, scrape: Callable[[], Scrape]) -> None:
    before = len(scrape().families)
    for number in range(20):
        deliver(client, payload("ping"), event=f"event_{number}", delivery=f"d{number}")
        deliver(
            client, payload("push"), secret="wrong", headers={"X-Hub-Signature-256": f"sha256={number}", "X-GitHub-Event": f"e{number}"}
        )
        client.post(f"/hooks/forge{number}")
    found = scrape()
    samples = sum(len(family.samples) for family in found.families.values())
    assert (len(found.families), samples < 100) == (before, True)
    assert found.labels("event") == {"other"}
    assert found.labels("forge") == {"github"}


def test_a_server_counts_for_itself_where_one_that_shares_has_failed_to_start(redis_url: str) -> None:
    Meters(shared())
    deliver(create_app(settings(redis_url), spec()).test_client(), payload("push"), secret="wrong")
    found = Scrape(create_app(settings(redis_url), spec()).test_client().get("/metrics", headers=BEARER).text)
    assert found.value("pushrail_delivery_duration_seconds_count") == 0


def test_two_servers_in_one_process_count_each_for_itself(redis_url: str) -> None:
    first, second = (create_app(settings(redis_url), spec()).test_client() for _ in range(2))
    deliver(first, payload("push"), secret="wrong")
    found = Scrape(second.get("/metrics", headers=BEARER).text)
    assert found.value("pushrail_delivery_duration_seconds_count") == 0
