"""The login from the outside: what guessing costs, and where the session cookie may go."""

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from hook_server import create_app
from hook_server.logins import FREE
from tests.hook import PASSWORD, deliver, payload, settings, spec

HTTP, HTTPS = "http://localhost", "https://localhost"
NOW = 1_800_000_000.0


@pytest.fixture
def now() -> list[float]:
    return [NOW]


@pytest.fixture
def stranger(redis_url: str, now: list[float]) -> FlaskClient:
    return create_app(settings(redis_url), spec(), clock=lambda: now[0]).test_client()


@pytest.fixture
def behind(redis_url: str, now: list[float]) -> FlaskClient:
    """A stranger who comes by one proxy."""
    return create_app(settings(redis_url, PUSHRAIL_PROXIES="1"), spec(), clock=lambda: now[0]).test_client()


def attempt(client: FlaskClient, password: str, base: str = HTTP, forwarded: str = "192.0.2.1") -> TestResponse:
    client.get("/login", base_url=base)
    with client.session_transaction(base_url=base) as session:
        token = session["csrf"]
    headers = {"X-Forwarded-For": forwarded}
    return client.post("/login", base_url=base, data={"password": password, "csrf": token}, headers=headers)


def guess(client: FlaskClient, times: int, base: str = HTTP, forwarded: str = "192.0.2.1") -> list[int]:
    return [attempt(client, "a guess", base, forwarded).status_code for _ in range(times)]


def test_who_guesses_too_often_is_429_for_a_time_even_with_the_right_password(stranger: FlaskClient, now: list[float]) -> None:
    assert guess(stranger, FREE + 1) == [401] * FREE + [429]
    answer = attempt(stranger, PASSWORD)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "1")
    now[0] += 1
    assert attempt(stranger, PASSWORD).status_code == 302


def test_the_right_password_ends_the_count(stranger: FlaskClient) -> None:
    guess(stranger, FREE - 1)
    assert attempt(stranger, PASSWORD).status_code == 302
    assert guess(stranger, FREE) == [401] * FREE


def test_a_delivery_from_where_somebody_guesses_is_accepted(stranger: FlaskClient) -> None:
    guess(stranger, FREE + 1)
    assert deliver(stranger, payload("push")).status_code == 202


def test_a_forged_forwarding_header_does_not_make_a_guesser_another(stranger: FlaskClient) -> None:
    guess(stranger, FREE, HTTPS, "192.0.2.1")
    assert guess(stranger, 1, HTTPS, "192.0.2.2") == [429]


def test_behind_a_proxy_one_guesser_does_not_lock_others_out(behind: FlaskClient) -> None:
    guess(behind, FREE, forwarded="203.0.113.9, 192.0.2.1")
    assert guess(behind, 1, forwarded="203.0.113.8, 192.0.2.1") == [429]
    assert guess(behind, 1, forwarded="203.0.113.9, 192.0.2.2") == [401]


def test_a_guesser_of_ipv6_is_known_by_its_network(behind: FlaskClient) -> None:
    guess(behind, FREE, forwarded="2001:db8::1")
    assert guess(behind, 1, forwarded="2001:db8::ffff:2") == [429]
    assert guess(behind, 1, forwarded="2001:db8:0:1::1") == [401]


@pytest.mark.parametrize(("base", "secure"), [(HTTP, False), (HTTPS, True)])
def test_the_session_cookie_is_kept_to_https_where_the_request_came_by_it(stranger: FlaskClient, base: str, secure: bool) -> None:
    answer = attempt(stranger, PASSWORD, base)
    assert answer.status_code == 302
    assert ("Secure" in answer.headers["Set-Cookie"]) is secure
