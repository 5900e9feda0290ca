"""``/api/v1`` from the outside."""

import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask.testing import FlaskClient

from hook_server import create_app
from hook_server.parts import READERS
from pipeline.model import Run, Status, StepResult, Trigger
from pipeline.run_log import RunLog
from pipeline.store import Store
from tests.hook import BEARER, COMMIT, OTHER_TOKEN, TOKEN, settings, spec

MAIN = "refs/heads/main"


@pytest.fixture
def client(redis_url: str) -> FlaskClient:
    client = create_app(settings(redis_url), spec()).test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = BEARER["Authorization"]
    return client


@pytest.fixture
def log(store: Store) -> RunLog:
    return RunLog(store.redis)


def accepted(store: Store, name: str = "r1", app: str = "iris", commit: str = COMMIT) -> Run:
    run = Run(name, app, Trigger.PUSH, MAIN, commit, delivery=name, message="Fix", created_at=1000.0)
    store.accept(run)
    return run


def finished(store: Store, name: str = "r1", commit: str = COMMIT) -> Run:
    accepted(store, name, commit=commit)
    begun = store.begin(name, "w1", 2000.0)
    assert begun is not None
    run = replace(begun, status=Status.SUCCEEDED, finished_at=3000.0)
    store.finish(run)
    return run


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


@pytest.mark.parametrize("key", ["a b", "é", "k" * 201])
def test_a_malformed_idempotency_key_is_400(client: FlaskClient, key: str) -> None:
    assert client.post("/api/v1/apps/iris/runs", headers={"Idempotency-Key": key}).status_code == 400


@pytest.mark.parametrize(
    "body", [b"[]", b"{", b'{"commit": 7}', b'{"commit": "HEAD"}', b'{"commit": "abc1234"}', b'{"branch": "x"}', b'{"force": "yes"}']
)
def test_a_wish_that_cannot_be_read_is_400(client: FlaskClient, body: bytes) -> None:
    assert client.post("/api/v1/apps/iris/runs", data=body, content_type="application/json").status_code == 400


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


def test_a_log_is_read_from_an_offset(client: FlaskClient, store: Store, log: RunLog) -> None:
    accepted(store)
    log.append("r1", "one 🌸\ntwo\n".encode())
    answer = client.get("/api/v1/runs/r1/log?offset=9")
    assert (answer.data, answer.headers["X-Log-Offset"], answer.headers["X-Run-Status"]) == (b"two\n", "13", "queued")
    assert answer.content_type == "text/plain; charset=utf-8"


def test_a_reader_that_waits_is_answered_when_text_comes(client: FlaskClient, store: Store, log: RunLog) -> None:
    accepted(store)
    threading.Timer(0.3, log.append, ("r1", b"late\n")).start()
    assert client.get("/api/v1/runs/r1/log?wait=20").data == b"late\n"


def test_a_reader_that_waits_is_answered_when_the_run_ends(client: FlaskClient, store: Store) -> None:
    accepted(store)
    begun = store.begin("r1", "w1", 2000.0)
    assert begun is not None
    threading.Timer(0.3, store.finish, (replace(begun, status=Status.FAILED, finished_at=3000.0),)).start()
    answer = client.get("/api/v1/runs/r1/log?wait=20")
    assert (answer.data, answer.headers["X-Run-Status"]) == (b"", "failed")


def test_a_final_status_with_an_empty_body_means_that_the_log_is_complete(client: FlaskClient, store: Store, log: RunLog) -> None:
    finished(store)
    log.append("r1", b"all of it\n")
    first = client.get("/api/v1/runs/r1/log?wait=20")
    last = client.get(f"/api/v1/runs/r1/log?wait=20&offset={first.headers['X-Log-Offset']}")
    assert (first.data, first.headers["X-Run-Status"]) == (b"all of it\n", "succeeded")
    assert (last.data, last.headers["X-Run-Status"]) == (b"", "succeeded")


@pytest.fixture
def crowded(client: FlaskClient) -> Iterator[FlaskClient]:
    """A server on which as many readers wait as may."""
    readers = client.application.extensions["pushrail"].readers
    for _ in range(READERS):
        readers.acquire()
    yield client
    readers.release(READERS)


@pytest.mark.timeout(10)
def test_one_reader_too_many_is_answered_at_once_and_told_when_to_come_again(crowded: FlaskClient, store: Store) -> None:
    accepted(store)
    answer = crowded.get("/api/v1/runs/r1/log?wait=25")
    assert (answer.status_code, answer.data, answer.headers["X-Log-Offset"]) == (200, b"", "0")
    assert answer.headers["Retry-After"] == "2"


@pytest.mark.parametrize("query", ["", "?wait=0", "?wait=25&offset=0"])
def test_a_reader_that_has_something_to_read_or_asked_for_no_wait_is_told_no_time(
    crowded: FlaskClient, store: Store, log: RunLog, query: str
) -> None:
    accepted(store)
    log.append("r1", b"text\n")
    assert "Retry-After" not in crowded.get(f"/api/v1/runs/r1/log{query}").headers


def test_the_end_of_a_log_is_told_at_once_however_many_wait(crowded: FlaskClient, store: Store) -> None:
    finished(store)
    assert "Retry-After" not in crowded.get("/api/v1/runs/r1/log?wait=25").headers


def test_a_reader_that_was_answered_gives_its_place_back(client: FlaskClient, store: Store) -> None:
    finished(store)
    for _ in range(READERS + 1):
        client.get("/api/v1/runs/r1/log?wait=1")
    readers = client.application.extensions["pushrail"].readers
    assert all(readers.acquire(blocking=False) for _ in range(READERS))
