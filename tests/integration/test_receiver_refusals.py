"""``POST /hooks/github``: what is refused, how, and that it leaves nothing behind."""

import socket
import time
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient

from hook_server import create_app
from hook_server.hooks import MOST_BYTES
from pipeline.connection import impatient
from pipeline.deliveries import Deliveries
from pipeline.delivery import Outcome
from pipeline.store import Store
from tests.hook import (
    deliver,
    payload,
    settings,
    spec,
)

FORM = "application/x-www-form-urlencoded"
PUSH = payload("push")
ROSE_PUSH = payload("push", commits=[{"added": ["rose/a"], "removed": [], "modified": []}])


@pytest.fixture
def client(redis_url: str) -> FlaskClient:
    return create_app(settings(redis_url), spec()).test_client()


def left_nothing(store: Store) -> bool:
    return list(store.redis.keys("*")) == []


def test_an_unsigned_copy_does_not_take_the_place_of_the_real_delivery(client: FlaskClient) -> None:
    assert deliver(client, PUSH, secret="the attacker's").status_code == 401
    assert deliver(client, PUSH).status_code == 202


def test_a_body_over_the_limit_is_413(client: FlaskClient) -> None:
    assert deliver(client, b" " * (MOST_BYTES + 1)).status_code == 413


@pytest.mark.parametrize(
    "body",
    [
        b"null",
        b'{"a":' * 100_000,
        b'{"ref": "\xff"}',
    ],
    ids=lambda body: repr(body[:12]),
)
def test_a_signed_body_that_is_no_push_is_400_and_leaves_nothing_but_its_entry_in_the_log(
    client: FlaskClient, store: Store, deliveries: Deliveries, body: bytes
) -> None:
    answer = deliver(client, body)
    assert (answer.status_code, answer.content_type) == (400, "application/problem+json")
    assert store.redis.keys("*") == [b"pushrail:deliveries"]
    assert deliveries.page(1).entries[0].outcomes == (Outcome("iris", "failed", reason=answer.json["detail"]),)


@pytest.fixture
def hanging() -> Iterator[str]:
    """A Redis that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"redis://127.0.0.1:{listener.getsockname()[1]}/0"


@pytest.mark.parametrize("state", ["away", "hanging"])
def test_without_redis_a_push_is_503_within_two_seconds(hanging: str, state: str) -> None:
    client = create_app(settings({"away": "redis://127.0.0.1:1/0", "hanging": hanging}[state]), spec()).test_client()
    begun = time.monotonic()
    answer = deliver(client, PUSH)
    assert time.monotonic() - begun < 2
    assert (answer.status_code, answer.content_type) == (503, "application/problem+json")
    assert answer.headers["Retry-After"] == "5"


def test_a_redis_that_refuses_writes_is_503_and_a_redelivery_is_accepted(client: FlaskClient, store: Store) -> None:
    store.redis.config_set("maxmemory", "1")
    try:
        assert deliver(client, PUSH).status_code == 503
    finally:
        store.redis.config_set("maxmemory", "0")
    assert left_nothing(store)
    assert deliver(client, PUSH).status_code == 202


def test_a_defect_is_a_500_that_tells_nothing(redis_url: str) -> None:
    def broken() -> float:
        raise RuntimeError("the clock stands still")

    client = create_app(settings(redis_url), spec(), redis=impatient(redis_url), clock=broken).test_client()
    answer = deliver(client, PUSH)
    assert (answer.status_code, answer.content_type) == (500, "application/problem+json")
    assert "clock" not in answer.text
