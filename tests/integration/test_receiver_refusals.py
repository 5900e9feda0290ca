"""``POST /hooks/github``: what is refused, how, and that it leaves nothing behind."""

import json
import logging
import socket
import time
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient

from hook_server import create_app
from hook_server.receiver import MOST_BYTES
from pipeline.connection import impatient
from pipeline.deliveries import Deliveries
from pipeline.delivery import Outcome
from pipeline.errors import SettingsError
from pipeline.store import Store
from tests.hook import (
    OLD_SECRET,
    OTHER_TOKEN,
    PASSWORD,
    ROSE_SECRET,
    SECRET,
    TOKEN,
    deliver,
    payload,
    settings,
    signature,
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


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH"])
def test_only_post_is_allowed(client: FlaskClient, method: str) -> None:
    answer = client.open("/hooks/github", method=method)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Hub-Signature-256": None},
        {"X-Hub-Signature-256": None, "X-Hub-Signature": "sha1=3d3c3c4f0b6e2ee2aeafa4a52ab0ac3d29f1d2b6"},
        {"X-Hub-Signature-256": "sha256="},
        {"X-Hub-Signature-256": "sha256=" + "0" * 64},
        {"X-Hub-Signature-256": "sha256=é"},
        {"X-Hub-Signature-256": f"{signature(json.dumps(PUSH).encode())},{signature(json.dumps(PUSH).encode())}"},
    ],
)
def test_what_is_not_signed_is_401_and_leaves_nothing_behind(client: FlaskClient, store: Store, headers: dict[str, str | None]) -> None:
    answer = deliver(client, PUSH, headers=headers)
    assert (answer.status_code, answer.content_type) == (401, "application/problem+json")
    assert answer.json["detail"] == "this request is not signed with a secret of any app"
    assert left_nothing(store)


def test_an_unsigned_copy_does_not_take_the_place_of_the_real_delivery(client: FlaskClient) -> None:
    assert deliver(client, PUSH, secret="the attacker's").status_code == 401
    assert deliver(client, PUSH).status_code == 202


@pytest.mark.parametrize("name", ["IRIS_SECRET", "IRIS_OLD_SECRET", "ROSE_SECRET", "PUSHRAIL_API_TOKEN", "PUSHRAIL_DASHBOARD_PASSWORD"])
@pytest.mark.parametrize("value", ["", "  "])
def test_the_server_does_not_start_without_a_secret(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name):
        create_app(settings("redis://127.0.0.1:1/0", **{name: value}), spec())


@pytest.mark.parametrize("content_type", ["text/plain", "multipart/form-data; boundary=x", "", "application/json; charset=latin-1"])
def test_another_content_type_is_415(client: FlaskClient, content_type: str) -> None:
    assert deliver(client, PUSH, content_type=content_type).status_code == 415


def test_a_compressed_body_is_415(client: FlaskClient) -> None:
    assert deliver(client, PUSH, headers={"Content-Encoding": "gzip"}).status_code == 415


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


def test_no_log_line_holds_a_secret_a_signature_or_a_token(client: FlaskClient, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    deliver(client, PUSH)
    deliver(client, PUSH, secret="wrong")
    deliver(client, b"[" * 100_000)
    deliver(client, PUSH, content_type="text/plain")
    client.get("/api/v1/runs", headers={"Authorization": f"Bearer {TOKEN}"})
    client.get("/api/v1/runs", headers={"Authorization": "Bearer wrong-token-8d8d"})
    client.post("/login", data={"password": PASSWORD})
    assert "delivery 72d3162e-cc78-11e3-81ab-4c9367dc0958" in caplog.text
    signed = [signature(json.dumps(PUSH).encode(), secret).removeprefix("sha256=") for secret in (SECRET, "wrong")]
    for hidden in (SECRET, OLD_SECRET, ROSE_SECRET, TOKEN, OTHER_TOKEN, PASSWORD, "wrong-token-8d8d", "Bearer", *signed):
        assert hidden not in caplog.text
