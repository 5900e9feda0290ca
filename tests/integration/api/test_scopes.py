"""What a token of each scope may do, and that its name stands in the history."""

import re

import pytest
from flask.testing import FlaskClient

from hook_server import create_app
from pipeline.model import Run
from pipeline.store import Store
from pipeline.token import Scope
from tests.hook import settings, spec
from tests.integration.api.runs import finished, released
from tests.keys import NOW, bearer, kept

WHY = {"reason": "wrong prices"}
READING = ["runs", "runs/r1", "runs/r1/log", "apps/iris/releases"]


@pytest.fixture
def client(redis_url: str) -> FlaskClient:
    """Somebody without a token."""
    return create_app(settings(redis_url), spec(), clock=lambda: NOW).test_client()


def run_of(store: Store, run_id: str) -> Run:
    run = store.run(run_id)
    assert run is not None
    return run


@pytest.mark.parametrize("scope", Scope)
@pytest.mark.parametrize("path", READING)
def test_every_scope_reads(client: FlaskClient, store: Store, scope: Scope, path: str) -> None:
    finished(store)
    assert client.get(f"/api/v1/{path}", headers=bearer(kept(store.redis, scope))).status_code == 200


def test_no_operation_is_open_and_each_asks_for_the_scope_that_its_description_names(client: FlaskClient, store: Store) -> None:
    """Of whatever is there, now and later."""
    tokens = {scope: bearer(kept(store.redis, scope, f"of-{scope}")) for scope in Scope}
    found = operations(client)
    assert {scope for _, _, scope in found} == set(Scope)
    for method, path, needed in found:
        assert client.open(path, method=method, json={}).status_code == 401, path
        for scope in (scope for scope in Scope if not scope.allows(needed)):
            answer = client.open(path, method=method, json={}, headers=tokens[scope])
            assert answer.status_code == 403, (method, path, scope)
            assert answer.json["detail"] == f"this needs the scope {needed}, and of-{scope} has {scope}"


def test_whatever_the_api_serves_is_described(client: FlaskClient) -> None:
    served = {
        (method, re.sub("<[^>]*>", "x", rule.rule))
        for rule in client.application.url_map.iter_rules()
        for method in (rule.methods or set()) - {"OPTIONS", "HEAD"}
        if rule.rule.startswith("/api/v1/")
    }
    assert served == {(method, path) for method, path, _ in operations(client)}


def operations(client: FlaskClient) -> list[tuple[str, str, Scope]]:
    """Method, path and scope of each, as the OpenAPI document has them."""
    document = client.application.extensions["flask-smorest"]["apis"][""]["ext_obj"].spec.to_dict()
    return [
        (method.upper(), re.sub("{[^}]*}", "x", path), Scope(operation["security"][0]["bearer"][0]))
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method != "parameters"
    ]


@pytest.mark.parametrize(("path", "wish"), [("apps/iris/runs", {}), ("runs/r1/replay", {}), ("apps/iris/rollback", WHY)])
def test_trigger_starts_runs_in_the_name_of_its_token(client: FlaskClient, store: Store, path: str, wish: dict[str, str]) -> None:
    for name in ("r1", "r2"):
        released(store, name)
    answer = client.post(f"/api/v1/{path}", json=wish, headers=bearer(kept(store.redis, Scope.TRIGGER, "jenkins")))
    assert answer.status_code == 202
    assert run_of(store, answer.json["id"]).requested_by == "jenkins"


def test_a_lesser_scope_is_told_which_one_it_needs(client: FlaskClient, store: Store) -> None:
    answer = client.post("/api/v1/apps/iris/runs", headers=bearer(kept(store.redis, Scope.READ, "grafana")))
    assert (answer.status_code, answer.content_type) == (403, "application/problem+json")
    assert answer.json["detail"] == "this needs the scope trigger, and grafana has read"


@pytest.mark.parametrize(("scope", "status"), [(Scope.TRIGGER, 403), (Scope.ADMIN, 202)])
@pytest.mark.parametrize("path", ["apps/iris/runs", "runs/r1/replay"])
def test_only_admin_sets_a_verdict_aside(client: FlaskClient, store: Store, path: str, scope: Scope, status: int) -> None:
    finished(store)
    answer = client.post(f"/api/v1/{path}", json={"force": True}, headers=bearer(kept(store.redis, scope)))
    assert answer.status_code == status


def test_who_says_a_name_of_their_own_is_still_told_by_their_token(client: FlaskClient, store: Store) -> None:
    for name in ("r1", "r2"):
        released(store, name)
    asked = client.post("/api/v1/apps/iris/rollback", json={**WHY, "by": "grace"}, headers=bearer(kept(store.redis, Scope.ADMIN, "laptop")))
    assert run_of(store, asked.json["id"]).requested_by == "grace (laptop)"
