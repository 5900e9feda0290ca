"""Runs started and replayed from the outside."""

import pytest
from flask.testing import FlaskClient

from hook_server import create_app
from pipeline.model import Trigger
from pipeline.store import Store
from pipeline.token import Scope
from tests.hook import BEARER, COMMIT, SPEC_TEXT, settings, spec
from tests.integration.api.runs import MAIN, accepted, finished
from tests.keys import bearer, kept


def test_a_started_run_is_for_the_tip_of_the_branch(client: FlaskClient, store: Store) -> None:
    answer = client.post("/api/v1/apps/iris/runs")
    assert answer.status_code == 202
    run = store.run(answer.json["id"])
    assert run is not None
    assert (run.trigger, run.commit, run.pinned, run.ref) == (Trigger.API, "", False, MAIN)
    assert answer.headers["Location"] == f"/api/v1/runs/{run.id}"


def test_a_started_run_is_pinned_to_the_commit_it_names(client: FlaskClient, store: Store) -> None:
    answer = client.post("/api/v1/apps/iris/runs", json={"commit": COMMIT.upper()})
    run = store.run(answer.json["id"])
    assert run is not None
    assert (run.commit, run.pinned, run.force) == (COMMIT, True, False)


@pytest.mark.parametrize("path", ["apps/iris/runs", "runs/done/replay"])
def test_a_run_may_be_forced(client: FlaskClient, store: Store, path: str) -> None:
    finished(store, "done")
    run = store.run(client.post(f"/api/v1/{path}", json={"force": True}).json["id"])
    assert run is not None
    assert run.force is True


def test_one_key_for_a_replay_and_a_forced_one_makes_two_runs(client: FlaskClient, store: Store) -> None:
    finished(store, "done")
    plain, forced = (
        client.post("/api/v1/runs/done/replay", json={"force": force}, headers={"Idempotency-Key": "k"}) for force in (False, True)
    )
    assert plain.json["id"] != forced.json["id"]


@pytest.mark.parametrize("path", ["apps/iris/runs", "runs/done/replay"])
def test_the_same_idempotency_key_is_the_same_run(client: FlaskClient, store: Store, path: str) -> None:
    finished(store, "done")
    first, second = (client.post(f"/api/v1/{path}", headers={"Idempotency-Key": "jenkins-17"}) for _ in range(2))
    assert (first.status_code, second.status_code) == (202, 200)
    assert first.json["id"] == second.json["id"]
    assert first.headers["Location"] == second.headers["Location"]


def test_without_an_idempotency_key_every_request_is_a_run(client: FlaskClient) -> None:
    first, second = (client.post("/api/v1/apps/iris/runs") for _ in range(2))
    assert first.json["id"] != second.json["id"]


def test_one_key_for_a_start_and_a_replay_makes_two_runs(client: FlaskClient, store: Store) -> None:
    finished(store, "done")
    key = {"Idempotency-Key": "k"}
    started, replayed = client.post("/api/v1/apps/iris/runs", headers=key), client.post("/api/v1/runs/done/replay", headers=key)
    assert started.json["id"] != replayed.json["id"]


@pytest.mark.parametrize("wish", [{"commit": COMMIT}, {"force": True}])
def test_the_same_key_with_another_wish_is_422_and_starts_nothing(client: FlaskClient, store: Store, wish: dict[str, object]) -> None:
    key = {"Idempotency-Key": "jenkins-17"}
    first = client.post("/api/v1/apps/iris/runs", headers=key).json["id"]
    answer = client.post("/api/v1/apps/iris/runs", json=wish, headers=key)
    assert (answer.status_code, first in answer.json["detail"]) == (422, True)
    assert [run.id for run in store.runs()] == [first]


def test_a_key_that_another_token_used_is_422(client: FlaskClient, store: Store) -> None:
    headers = {"Idempotency-Key": "nightly"}
    client.post("/api/v1/apps/iris/runs", headers=headers)
    other = bearer(kept(store.redis, Scope.TRIGGER, "jenkins"))
    assert client.post("/api/v1/apps/iris/runs", headers={**headers, **other}).status_code == 422


@pytest.mark.parametrize("key", ["", "a b", "é", "k" * 201])
def test_a_malformed_idempotency_key_is_400(client: FlaskClient, key: str) -> None:
    assert client.post("/api/v1/apps/iris/runs", headers={"Idempotency-Key": key}).status_code == 400


@pytest.mark.parametrize(
    "body", [b"[]", b"{", b'{"commit": 7}', b'{"commit": "HEAD"}', b'{"commit": "abc1234"}', b'{"branch": "x"}', b'{"force": "yes"}']
)
def test_a_wish_that_cannot_be_read_is_400(client: FlaskClient, body: bytes) -> None:
    assert client.post("/api/v1/apps/iris/runs", data=body, content_type="application/json").status_code == 400


def test_everything_that_is_wrong_with_a_wish_is_told_by_its_key(client: FlaskClient) -> None:
    answer = client.post("/api/v1/apps/iris/runs", json={"comit": COMMIT, "force": 1, "commit": "main"})
    wrong = "commit must be 40 or 64 hex digits; force is not of the right type; the body holds 'comit'; it may hold commit, force"
    assert sorted(answer.json["detail"].split("; ")) == sorted(wrong.split("; "))


@pytest.mark.parametrize(("body", "content_type", "status"), [(b"commit=x", "text/plain", 415), (b"x" * 65_537, "application/json", 413)])
def test_a_wish_of_another_type_or_size_is_refused(client: FlaskClient, body: bytes, content_type: str, status: int) -> None:
    assert client.post("/api/v1/apps/iris/runs", data=body, content_type=content_type).status_code == status


def test_a_replay_is_a_new_run_pinned_to_what_the_old_one_built(client: FlaskClient, store: Store) -> None:
    finished(store, "done")
    answer = client.post("/api/v1/runs/done/replay")
    assert answer.status_code == 202
    run = store.run(answer.json["id"])
    assert run is not None
    assert (run.trigger, run.commit, run.pinned, run.replay_of) == (Trigger.REPLAY, COMMIT, True, "done")


@pytest.mark.parametrize(("app", "commit"), [("iris", ""), ("gone", COMMIT)])
def test_a_run_that_cannot_be_repeated_is_409(client: FlaskClient, store: Store, app: str, commit: str) -> None:
    accepted(store, "r1", app, commit)
    assert client.post("/api/v1/runs/r1/replay").status_code == 409


@pytest.fixture
def other(redis_url: str) -> FlaskClient:
    """A client of a server whose iris follows tags alone, and whose rose is switched off."""
    text = SPEC_TEXT.replace("branch: main, secret_env", "tags: ['v*'], secret_env").replace("  rose:", "  rose:\n    enabled: false")
    client = create_app(settings(redis_url), spec(text)).test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = BEARER["Authorization"]
    return client


def test_of_an_app_that_follows_tags_a_commit_must_be_named(other: FlaskClient, store: Store) -> None:
    refused = other.post("/api/v1/apps/iris/runs")
    assert (refused.status_code, refused.json["detail"]) == (
        400,
        "iris follows tags and no branch; name the commit to build as commit, or push a tag",
    )
    run = store.run(other.post("/api/v1/apps/iris/runs", json={"commit": COMMIT}).json["id"])
    assert run is not None
    assert (run.commit, run.pinned, run.ref) == (COMMIT, True, "")


def test_of_an_app_that_is_switched_off_no_run_is_started_or_repeated(other: FlaskClient, store: Store) -> None:
    accepted(store, "r1", "rose")
    for path in ("apps/rose/runs", "runs/r1/replay"):
        refused = other.post(f"/api/v1/{path}")
        assert (refused.status_code, "switched off" in refused.json["detail"]) == (409, True)
    assert [run.id for run in store.runs()] == ["r1"]
