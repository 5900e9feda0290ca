"""``/api/v1/tokens`` from the outside."""

import pytest
from flask.testing import FlaskClient

from hook_server import create_app
from pipeline.store import Store
from pipeline.token import Scope, read
from pipeline.tokens import Tokens
from tests.hook import BEARER, settings, spec
from tests.keys import NOW, bearer, kept

TOKENS = "/api/v1/tokens"
WISH = {"name": "jenkins", "scope": "trigger", "expires": "90d"}


@pytest.fixture
def client(redis_url: str) -> FlaskClient:
    """Who has a token of the environment."""
    client = create_app(settings(redis_url), spec(), clock=lambda: NOW).test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = BEARER["Authorization"]
    return client


def test_a_new_token_is_told_once_and_counts(client: FlaskClient) -> None:
    answer = client.post(TOKENS, json=WISH)
    made = answer.json
    assert (answer.status_code, made["name"], made["scope"], made["created_by"]) == (201, "jenkins", "trigger", "PUSHRAIL_API_TOKEN")
    assert (made["created_at"], made["expires_at"], made["revoked_at"]) == (NOW, NOW + 90 * 86_400, None)
    credential = read(made["secret"])
    assert credential is not None
    assert client.get("/api/v1/runs", headers=bearer(credential)).status_code == 200
    assert credential.secret not in client.get(TOKENS).text


def test_tokens_are_listed_with_all_that_is_known_but_the_digest(client: FlaskClient, store: Store) -> None:
    old, new = kept(store.redis, Scope.READ, "grafana", now=NOW - 9, expires_at=NOW + 1), kept(store.redis, Scope.ADMIN, "ada")
    client.get("/api/v1/runs", headers=bearer(old))
    told = client.get(TOKENS)
    assert [token["id"] for token in told.json["tokens"]] == [new.id, old.id]
    wanted = {"id": old.id, "name": "grafana", "scope": "read", "created_at": NOW - 9, "created_by": "ada"}
    assert told.json["tokens"][1] == {**wanted, "expires_at": NOW + 1, "last_used_at": NOW, "revoked_at": None}
    assert old.digest not in told.text


def test_a_revoked_token_counts_no_more_and_revoking_it_again_is_no_error(client: FlaskClient, store: Store) -> None:
    credential = kept(store.redis, Scope.ADMIN)
    assert [client.delete(f"{TOKENS}/{credential.id}").status_code for _ in range(2)] == [204, 204]
    assert client.get("/api/v1/runs", headers=bearer(credential)).status_code == 401


def test_a_token_may_end_itself(client: FlaskClient, store: Store) -> None:
    credential = kept(store.redis, Scope.ADMIN)
    path, own = f"{TOKENS}/{credential.id}", bearer(credential)
    assert [client.delete(path, headers=own).status_code for _ in range(2)] == [204, 401]


@pytest.mark.parametrize("token", ["0123456789", "x" * 100, "..%2fruns"])
def test_what_is_not_there_is_404(client: FlaskClient, token: str) -> None:
    assert client.delete(f"{TOKENS}/{token}").status_code == 404


@pytest.mark.parametrize("scope", [Scope.READ, Scope.TRIGGER])
@pytest.mark.parametrize(("method", "path"), [("GET", TOKENS), ("POST", TOKENS), ("DELETE", f"{TOKENS}/0123456789")])
def test_only_admin_has_to_do_with_tokens(client: FlaskClient, store: Store, scope: Scope, method: str, path: str) -> None:
    answer = client.open(path, method=method, json=WISH, headers=bearer(kept(store.redis, scope)))
    assert (answer.status_code, "scope admin" in answer.json["detail"]) == (403, True)
    assert len(Tokens(store.redis).all()) == 1


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        ({}, "is missing"),
        ({**WISH, "name": "PUSHRAIL_API_TOKEN"}, "name must be"),
        ({**WISH, "name": "jenkins\n"}, "name must be"),
        ({**WISH, "name": 7}, "name is not of the right type"),
        ({**WISH, "scope": "root"}, "scope must be one of read, trigger, admin"),
        ({**WISH, "expires": None}, "expires is not of the right type"),
        ({**WISH, "expires": "1y"}, "expires must be"),
        ({**WISH, "secret": "mine"}, "'secret'"),
    ],
)
def test_a_wish_that_cannot_be_is_400(client: FlaskClient, store: Store, wish: dict[str, object], said: str) -> None:
    answer = client.post(TOKENS, json=wish)
    assert (answer.status_code, said in answer.json["detail"]) == (400, True), answer.text
    assert Tokens(store.redis).all() == []
