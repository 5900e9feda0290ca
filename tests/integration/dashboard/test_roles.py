"""Who signs in to the pages by a token, what its scope lets them see and do, and when that ends."""

import re
import time
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from hook_server import create_app
from hook_server.logins import FREE
from pipeline.model import Run, Status
from pipeline.releases import Releases
from pipeline.store import Store
from pipeline.token import Scope, new
from pipeline.tokens import Tokens
from tests import realistic_runs
from tests.hook import HTML, PASSWORD, TOKEN, csrf, log_in, settings
from tests.keys import kept

SignedIn = Callable[[str], FlaskClient]


@pytest.fixture
def now() -> list[float]:
    return [time.time()]


@pytest.fixture
def signed_in(redis_url: str, now: list[float]) -> SignedIn:
    """Somebody who signed in by a password or a token."""
    app = create_app(settings(redis_url), realistic_runs.spec(), clock=lambda: now[0])

    def client(secret: str) -> FlaskClient:
        person = app.test_client()
        assert log_in(person, secret).status_code == 302
        return person

    return client


@pytest.fixture
def by(signed_in: SignedIn, store: Store) -> Callable[[Scope], FlaskClient]:
    """Somebody who signed in by a token of this scope."""
    return lambda scope: signed_in(kept(store.redis, scope, f"{scope}-of-ada").text)


By = Callable[[Scope], FlaskClient]


def rolled_back(store: Store) -> Run:
    return next(run for run in store.runs() if run.status is Status.ROLLED_BACK)


def offered(page: str) -> set[str]:
    return {word for word in ("Replay", "Deploy it anyway", "Roll back to this", "Tokens") if f">{word}<" in page}


@pytest.mark.parametrize(
    ("scope", "buttons"),
    [
        (Scope.READ, set()),
        (Scope.TRIGGER, {"Replay", "Roll back to this"}),
        (Scope.ADMIN, {"Replay", "Roll back to this", "Deploy it anyway", "Tokens"}),
    ],
)
def test_a_page_offers_what_the_scope_allows_and_says_who_is_signed_in(
    by: By, running: Run, store: Store, scope: Scope, buttons: set[str]
) -> None:
    person = by(scope)
    pages = [person.get(path).text for path in ("/", f"/runs/{rolled_back(store).id}", "/apps/churn/releases")]
    assert offered("".join(pages)) == buttons
    assert all(f"{scope}-of-ada · {scope}" in page for page in pages)


@pytest.mark.parametrize(("scope", "forms"), [(Scope.READ, {"logout"}), (Scope.TRIGGER, {"logout", "replay", "cancel", "rollback"})])
def test_whatever_a_page_links_to_may_be_seen_and_nothing_else_is_offered(by: By, running: Run, scope: Scope, forms: set[str]) -> None:
    person, seen, waiting, found = by(scope), set[str](), ["/"], set[str]()
    while waiting:
        seen.add(path := waiting.pop())
        answer = person.get(path, headers=HTML)
        assert answer.status_code == 200, path
        found |= set(re.findall(r'action="[^"]*/(\w+)"', answer.text))
        waiting += set(re.findall(r' href="(/[^"#]*)"', answer.text)) - seen - set(waiting)
        answer.close()
    assert f"/runs/{running.id}" in seen
    assert found == forms


@pytest.mark.parametrize("secret", [PASSWORD, TOKEN])
def test_the_password_and_a_token_of_the_environment_are_admin(signed_in: SignedIn, running: Run, secret: str) -> None:
    assert signed_in(secret).get("/tokens").status_code == 200


@pytest.mark.parametrize("path", ["/tokens", "/apps/churn/rollback"])
def test_a_page_that_only_leads_to_what_one_may_not_do_is_403(by: By, running: Run, path: str) -> None:
    answer = by(Scope.READ).get(path, headers=HTML)
    assert (answer.status_code, "read-of-ada has read" in answer.text) == (403, True)


def test_no_post_of_a_page_is_open_and_read_changes_nothing(signed_in: SignedIn, by: By, running: Run, store: Store) -> None:
    """Of whatever is there, now and later: row 33 of the bad inputs, for every form."""
    reader, admin = by(Scope.READ), signed_in(PASSWORD)
    stranger = reader.application.test_client()
    before = store.redis.dbsize()
    for path in posts(reader):
        assert stranger.post(path, data={"csrf": csrf(stranger)}).status_code == 401, path
        assert admin.post(path, data={"csrf": "0" * 32}).status_code == 403, path
        assert reader.post(path, data={"csrf": csrf(reader)}).status_code == 403, path
    assert store.redis.dbsize() == before


def posts(client: FlaskClient) -> list[str]:
    """Every path that a form of the pages can send to, but for those of signing in and out."""
    rules = [rule for rule in client.application.url_map.iter_rules() if "POST" in (rule.methods or ())]
    own = [rule for rule in rules if not rule.rule.startswith(("/api/", "/hooks/", "/login", "/logout"))]
    found = [re.sub("<[^>]*>", "churn", rule.rule) for rule in own]
    assert {"/runs/churn/replay", "/apps/churn/rollback", "/tokens", "/tokens/churn/revoke"} <= set(found)
    return found


def test_a_session_ends_when_its_token_is_revoked(signed_in: SignedIn, store: Store, now: list[float]) -> None:
    credential = kept(store.redis, Scope.ADMIN)
    person = signed_in(credential.text)
    assert person.get("/").status_code == 200
    Tokens(store.redis).revoke(credential.id, now[0])
    assert person.get("/").headers["Location"].startswith("/login")
    assert person.post("/runs/r1/replay", data={"csrf": csrf(person)}).status_code == 401


def test_a_session_ends_when_its_token_expires(signed_in: SignedIn, store: Store, now: list[float]) -> None:
    person = signed_in(kept(store.redis, Scope.READ, expires_at=now[0] + 60).text)
    now[0] += 59
    assert person.get("/").status_code == 200
    now[0] += 1
    assert person.get("/").headers["Location"].startswith("/login")


def test_wrong_tokens_count_as_wrong_passwords(signed_in: SignedIn, store: Store, now: list[float]) -> None:
    stranger = signed_in(PASSWORD).application.test_client()
    revoked = kept(store.redis, Scope.ADMIN)
    Tokens(store.redis).revoke(revoked.id, now[0])
    wrong = [revoked.text, "pr_", *(new().text for _ in range(FREE - 2))]
    assert [log_in(stranger, text).status_code for text in (*wrong, PASSWORD)] == [401] * FREE + [429]


def test_without_redis_a_token_is_neither_right_nor_wrong(store: Store) -> None:
    stranger = create_app(settings("redis://127.0.0.1:1/0"), realistic_runs.spec()).test_client()
    assert [log_in(stranger, new().text).status_code for _ in range(FREE + 1)] == [503] * (FREE + 1)


def test_who_signed_in_by_a_token_replays_in_its_name(by: By, running: Run, store: Store) -> None:
    person = by(Scope.TRIGGER)
    answer = person.post(f"/runs/{rolled_back(store).id}/replay", data={"csrf": csrf(person)})
    assert answer.status_code == 303
    assert store.runs(limit=1)[0].requested_by == "trigger-of-ada"


def test_trigger_does_not_deploy_what_proved_bad(by: By, running: Run, store: Store) -> None:
    person = by(Scope.TRIGGER)
    asked = {"csrf": csrf(person), "force": "yes"}
    assert person.post(f"/runs/{rolled_back(store).id}/replay", data=asked).status_code == 403


def test_who_has_a_token_of_their_own_is_not_asked_for_a_name(by: By, running: Run, store: Store) -> None:
    person, release = by(Scope.TRIGGER), Releases(store.redis).verified("churn")[-1]
    page = person.get(f"/apps/churn/rollback?release={release.run}").text
    assert 'name="by"' not in page
    person.post("/apps/churn/rollback", data={"csrf": csrf(person), "release": release.run, "reason": "wrong prices"})
    assert store.runs(limit=1)[0].requested_by == "trigger-of-ada"
