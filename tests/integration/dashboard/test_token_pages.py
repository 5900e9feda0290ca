"""The page of tokens from the outside."""

import re

import pytest
from flask.testing import FlaskClient

from hook_server import create_app
from pipeline.store import Store
from pipeline.token import PATTERN, Scope, Token, read
from pipeline.tokens import Tokens
from tests import realistic_runs
from tests.hook import csrf, log_in, settings
from tests.keys import NOW, kept

DAY = 86_400.0
WISH = {"name": "jenkins", "scope": "trigger", "expires": "90d"}


@pytest.fixture
def admin(redis_url: str) -> FlaskClient:
    client = create_app(settings(redis_url), realistic_runs.spec(), clock=lambda: NOW).test_client()
    assert log_in(client).status_code == 302
    return client


def only(store: Store) -> Token:
    (token,) = Tokens(store.redis).all()
    return token


def test_without_a_token_the_page_says_what_they_are_for(admin: FlaskClient) -> None:
    assert "No token yet" in admin.get("/tokens").text


def test_a_new_token_is_shown_this_once(admin: FlaskClient, store: Store) -> None:
    answer = admin.post("/tokens", data={**WISH, "csrf": csrf(admin)})
    assert (answer.status_code, answer.headers["Cache-Control"]) == (201, "no-store")
    found = PATTERN.search(answer.text)
    assert found is not None
    credential = read(found[0])
    assert credential is not None
    admitted = Tokens(store.redis).admitted(credential, NOW)
    assert admitted is not None
    assert admitted.id == only(store).id
    assert credential.secret not in admin.get("/tokens").text


def test_a_new_token_is_as_it_was_wished_for(admin: FlaskClient, store: Store) -> None:
    admin.post("/tokens", data={**WISH, "csrf": csrf(admin)})
    made = only(store)
    assert (made.name, made.scope, made.created_by, made.created_at) == ("jenkins", Scope.TRIGGER, "the dashboard", NOW)
    assert (made.expires_at, made.last_used_at, made.revoked_at) == (NOW + 90 * DAY, None, None)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"name": ""}, "name must be"),
        ({"name": "a" * 65}, "name must be"),
        ({"name": "<b>"}, "name must be"),
        ({"name": "PUSHRAIL_API_TOKEN"}, "name must be"),
        ({"name": "the dashboard"}, "name must be"),
        ({"name": "jenkins\n"}, "name must be"),
        ({"scope": "root"}, "scope must be one of read, trigger, admin"),
        ({"scope": ""}, "scope must be"),
        ({"expires": ""}, "expires must be"),
        ({"expires": "0d"}, "expires must be"),
    ],
)
def test_a_wish_that_cannot_be_is_refused(admin: FlaskClient, store: Store, changed: dict[str, str], said: str) -> None:
    answer = admin.post("/tokens", data={**WISH, **changed, "csrf": csrf(admin)})
    assert (answer.status_code, said in answer.json["detail"]) == (400, True)
    assert Tokens(store.redis).all() == []


@pytest.mark.parametrize(
    ("later", "used", "text"),
    [
        (0.0, False, "expires in 2 d"),
        (0.0, False, "never used"),
        (0.0, True, "used just now"),
        (3 * DAY, False, "expired 1 d ago"),
    ],
)
def test_a_token_is_listed_with_its_use_and_its_end(redis_url: str, store: Store, later: float, used: bool, text: str) -> None:
    credential = kept(store.redis, Scope.READ, "grafana", expires_at=NOW + 2 * DAY)
    if used:
        Tokens(store.redis).admitted(credential, NOW)
    admin = create_app(settings(redis_url), realistic_runs.spec(), clock=lambda: NOW + later).test_client()
    log_in(admin)
    page = re.sub("<time[^>]*>|</time>", "", admin.get("/tokens").text)
    assert "grafana" in page
    assert text in page


def test_a_revoked_token_is_listed_as_such_and_offers_nothing_more(admin: FlaskClient, store: Store) -> None:
    credential = kept(store.redis, Scope.READ, "grafana")
    assert "Revoke" in admin.get("/tokens").text
    answer = admin.post(f"/tokens/{credential.id}/revoke", data={"csrf": csrf(admin)})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/tokens")
    page = admin.get("/tokens").text
    assert "revoked" in page
    assert "Revoke" not in page
    assert only(store).revoked_at == NOW


@pytest.mark.parametrize("token", ["0123456789", "x" * 100])
def test_a_token_that_is_not_there_is_404(admin: FlaskClient, token: str) -> None:
    assert admin.post(f"/tokens/{token}/revoke", data={"csrf": csrf(admin)}).status_code == 404


def test_the_page_needs_no_inline_script_or_style(admin: FlaskClient, store: Store) -> None:
    kept(store.redis, Scope.READ)
    assert not re.search(r"<script(?! src=)|<style|\sstyle=|\son\w+=|javascript:|https?://(?!localhost)", admin.get("/tokens").text)
