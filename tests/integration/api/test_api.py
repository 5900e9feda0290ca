"""``/api/v1`` from the outside: who may ask, and what it tells of runs."""

from dataclasses import replace

import pytest
from flask.testing import FlaskClient

from hook_server import create_app
from pipeline.model import Status, StepResult
from pipeline.store import Store
from tests.hook import COMMIT, OTHER_TOKEN, TOKEN, settings, spec
from tests.integration.api.runs import MAIN, accepted


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer ", "Bearer wrong", f"Basic {TOKEN}", f"Bearer {TOKEN},{OTHER_TOKEN}", "Bearer é", TOKEN]
)
@pytest.mark.parametrize(("method", "path"), [("GET", "runs"), ("GET", "runs/r1"), ("GET", "runs/r1/log"), ("POST", "apps/iris/runs")])
def test_without_the_right_token_nothing_is_told(redis_url: str, header: str | None, method: str, path: str) -> None:
    client = create_app(settings(redis_url), spec()).test_client()
    headers = {} if header is None else {"Authorization": header}
    answer = client.open(f"/api/v1/{path}", method=method, headers=headers)
    assert (answer.status_code, answer.content_type) == (401, "application/problem+json")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_token_in_the_query_is_no_token(redis_url: str) -> None:
    client = create_app(settings(redis_url), spec()).test_client()
    assert client.get(f"/api/v1/runs?access_token={TOKEN}&token={TOKEN}").status_code == 401


@pytest.mark.parametrize("token", [TOKEN, OTHER_TOKEN])
def test_every_configured_token_counts(client: FlaskClient, token: str) -> None:
    assert client.get("/api/v1/runs", headers={"Authorization": f"bearer {token}"}).status_code == 200


def test_a_run_is_shown_with_all_that_is_known_of_it(client: FlaskClient, store: Store) -> None:
    accepted(store)
    begun = store.begin("r1", "w1", 2000.0)
    assert begun is not None
    store.record(replace(begun, steps=(StepResult("pull", Status.SUCCEEDED, 1.0, 2.0, {"commit": "b" * 40}),)))
    run = client.get("/api/v1/runs/r1").json
    assert run is not None
    wanted = {"id": "r1", "app": "iris", "trigger": "push", "ref": MAIN, "commit": COMMIT, "built_commit": "b" * 40, "status": "running"}
    assert {key: run[key] for key in wanted} == wanted
    assert run["steps"] == [
        {"name": "pull", "status": "succeeded", "started_at": 1.0, "finished_at": 2.0, "outputs": {"commit": "b" * 40}, "reason": ""}
    ]
    assert client.get(run["links"]["log"]).status_code == 200


def test_runs_are_listed_newest_first(client: FlaskClient, store: Store) -> None:
    accepted(store, "r1")
    accepted(store, "r2", app="rose")
    assert [run["id"] for run in client.get("/api/v1/runs").json["runs"]] == ["r2", "r1"]
    assert [run["id"] for run in client.get("/api/v1/runs?app=iris").json["runs"]] == ["r1"]
    assert [run["id"] for run in client.get("/api/v1/runs?limit=1").json["runs"]] == ["r2"]


@pytest.mark.parametrize(
    "path",
    ["runs?limit=0", "runs?limit=201", "runs?limit=x", "runs?limit=-1", "runs?limit=٣", "runs?app=a/b", "runs/a.b", "runs/" + "a" * 65]
    + [f"runs/r1/log?{query}" for query in ("offset=-1", "offset=1.5", "offset=99999999999999999", "wait=x", "wait=-1")],
)
def test_bad_ids_limits_and_offsets_are_400(client: FlaskClient, store: Store, path: str) -> None:
    accepted(store)
    answer = client.get(f"/api/v1/{path}")
    assert (answer.status_code, answer.content_type) == (400, "application/problem+json")


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "runs/none"), ("GET", "runs/none/log"), ("POST", "runs/none/replay"), ("POST", "apps/none/runs"), ("GET", "nothing")],
)
def test_what_is_not_there_is_404(client: FlaskClient, method: str, path: str) -> None:
    answer = client.open(f"/api/v1/{path}", method=method)
    assert (answer.status_code, answer.json["status"]) == (404, 404)


def test_a_wrong_method_is_405(client: FlaskClient) -> None:
    assert client.delete("/api/v1/runs").status_code == 405
