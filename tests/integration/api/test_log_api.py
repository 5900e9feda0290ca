"""The log of a run from the outside: its offsets, its end, and who may wait for more."""

import threading
from dataclasses import replace

import pytest
from flask.testing import FlaskClient

from hook_server.viewers import Viewers
from pipeline.model import Status
from pipeline.run_log import RunLog
from pipeline.store import Store
from tests.integration.api.runs import accepted, finished


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
def crowded(client: FlaskClient, store: Store) -> FlaskClient:
    """A server on which as many viewers wait as may: none."""
    given = client.application.extensions["pushrail"]
    client.application.extensions["pushrail"] = replace(given, viewers=Viewers(store.redis, most=0))
    return client


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
