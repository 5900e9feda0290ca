"""Row 33: a replay from the dashboard without a session, without the CSRF token and by who may only read; a token in a query string."""

import re

import pytest
import requests

from pipeline.connection import impatient
from pipeline.store import Store
from pipeline.token import Credential, Scope
from tests.hook import PASSWORD, TOKEN
from tests.integration.api.runs import finished
from tests.keys import kept
from tests.wire import Server


@pytest.fixture
def store(redis_url: str) -> Store:
    store = Store(impatient(redis_url))
    finished(store)
    return store


def signed_in(server: Server, secret: str) -> tuple[requests.Session, str]:
    """A browser with a session, and its CSRF token."""
    browser = requests.Session()
    page = browser.get(f"{server[0]}/login", timeout=10).text
    sent = {"password": secret, "csrf": token_of(page)}
    assert browser.post(f"{server[0]}/login", data=sent, timeout=10, allow_redirects=False).status_code == 302
    return browser, token_of(browser.get(server[0], timeout=10).text)


def token_of(page: str) -> str:
    found = re.search('name="csrf" value="([0-9a-f]+)"', page)
    assert found is not None
    return found[1]


def replay(server: Server, browser: requests.Session, **form: str) -> int:
    return browser.post(f"{server[0]}/runs/r1/replay", data=form, timeout=10, allow_redirects=False).status_code


def test_row_33_a_replay_without_a_session_is_401_and_starts_nothing(server: Server, store: Store) -> None:
    assert replay(server, requests.Session(), csrf="0" * 32) == 401
    assert len(store.runs()) == 1


def test_row_33_a_replay_without_the_csrf_token_is_403_and_starts_nothing(server: Server, store: Store) -> None:
    browser, _ = signed_in(server, PASSWORD)
    _, other = signed_in(server, PASSWORD)
    assert [replay(server, browser, **form) for form in ({}, {"csrf": "0" * 32}, {"csrf": other})] == [403] * 3
    assert len(store.runs()) == 1


def test_row_33_a_replay_by_who_may_only_read_is_403_and_starts_nothing(server: Server, store: Store) -> None:
    browser, csrf = signed_in(server, kept(store.redis, Scope.READ).text)
    assert replay(server, browser, csrf=csrf) == 403
    assert len(store.runs()) == 1


def test_row_33_a_replay_with_all_of_that_starts_a_run(server: Server, store: Store) -> None:
    browser, csrf = signed_in(server, kept(store.redis, Scope.TRIGGER).text)
    assert replay(server, browser, csrf=csrf) == 303
    assert len(store.runs()) == 2


@pytest.mark.parametrize("key", ["token", "access_token", "api_key"])
@pytest.mark.parametrize("made", [True, False])
def test_row_33_a_token_in_the_query_is_401(server: Server, store: Store, key: str, made: bool) -> None:
    text = kept(store.redis, Scope.ADMIN).text if made else TOKEN
    for path in ("/api/v1/runs", "/api/v1/apps/iris/runs"):
        method = "POST" if path.endswith("iris/runs") else "GET"
        assert requests.request(method, f"{server[0]}{path}", params={key: text}, timeout=10).status_code == 401


def test_row_33_a_made_token_in_the_query_is_401_even_beside_the_right_header(server: Server, store: Store) -> None:
    sent = kept(store.redis, Scope.ADMIN)
    assert ask(server, sent, "").status_code == 200
    answer = ask(server, sent, f"?next={sent.text}")
    assert (answer.status_code, "revoke it" in answer.json()["detail"]) == (401, True)


def ask(server: Server, sent: Credential, query: str) -> requests.Response:
    return requests.get(f"{server[0]}/api/v1/runs{query}", headers={"Authorization": f"Bearer {sent.text}"}, timeout=10)
