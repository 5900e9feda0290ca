"""Who sends forgeries all the time is told to wait; a forge that shares the address is heard."""

import logging

import pytest
from flask.testing import FlaskClient

from hook_server import create_app
from hook_server.forgeries import BURST
from tests.hook import deliver, payload, settings, spec

PUSH, NOW = payload("push"), 1_800_000_000.0


@pytest.fixture
def now() -> list[float]:
    return [NOW]


@pytest.fixture
def client(redis_url: str, now: list[float]) -> FlaskClient:
    return create_app(settings(redis_url, PUSHRAIL_PROXIES="1"), spec(), clock=lambda: now[0]).test_client()


def forge(client: FlaskClient, address: str = "192.0.2.1") -> int:
    return deliver(client, PUSH, secret="an attacker's", headers={"X-Forwarded-For": address}).status_code


def test_over_the_limit_a_forgery_is_429_and_told_when_to_come_again(client: FlaskClient, now: list[float]) -> None:
    assert [forge(client) for _ in range(BURST + 1)] == [401] * BURST + [429]
    answer = deliver(client, PUSH, secret="an attacker's", headers={"X-Forwarded-For": "192.0.2.1"})
    assert (answer.status_code, answer.headers["Retry-After"], answer.content_type) == (429, "1", "application/problem+json")
    now[0] += 1
    assert [forge(client), forge(client)] == [401, 429]


def test_what_is_signed_passes_from_the_same_address_and_a_forgery_from_another_is_401(client: FlaskClient) -> None:
    for _ in range(BURST + 1):
        forge(client)
    assert deliver(client, PUSH, headers={"X-Forwarded-For": "192.0.2.1"}).status_code == 202
    assert forge(client, "192.0.2.2") == 401


def test_over_the_limit_nothing_is_written_in_the_log(client: FlaskClient, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "hook_server")
    for _ in range(BURST + 20):
        forge(client)
    assert len([record for record in caplog.records if "refused with 401" in record.getMessage()]) == BURST
    assert "429" not in caplog.text
