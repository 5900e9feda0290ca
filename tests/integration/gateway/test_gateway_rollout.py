"""Clients during a change of release: no request fails, whatever the client and however rude the server."""

import http.client
import socket
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.gateway_process import Load, ask, desired, gateway_process, release, until_complete
from tests.waiting import wait_until
from worker.gateway.client import Gateway
from worker.gateway.desired import FolderRelease
from worker.gateway.status import State


@pytest.fixture
def gateway(tmp_path: Path, port: int) -> Iterator[Gateway]:
    """With the release v1 complete."""
    with gateway_process(tmp_path) as (gateway, _):
        gateway.apply(desired(release(tmp_path, "v1"), port))
        until_complete(gateway, "tiny:v1")
        yield gateway


def _drained(gateway: Gateway) -> bool:
    status = gateway.status("tiny")
    return status is not None and len(status.replicas) == status.wanted


@pytest.mark.parametrize("keep_alive", [False, True], ids=["a connection each", "kept alive"])
def test_no_request_fails_while_releases_change(gateway: Gateway, port: int, tmp_path: Path, keep_alive: bool) -> None:
    with Load(port, keep_alive) as load:
        for version in ("v2", "v1"):
            load.wait_for("v2" if version == "v1" else "v1")
            gateway.apply(desired(release(tmp_path, version), port))
            until_complete(gateway, f"tiny:{version}")
        load.wait_for("v1")
        wait_until(lambda: _drained(gateway))
    assert load.failures == []
    assert len(load.answers) > 300


@pytest.mark.parametrize("keep_alive", [False, True], ids=["a connection each", "kept alive"])
def test_no_request_fails_while_gunicorn_workers_change(gateway: Gateway, port: int, tmp_path: Path, keep_alive: bool) -> None:
    gateway.apply(desired(_gunicorn(tmp_path, "v2"), port))
    until_complete(gateway, "tiny:v2")
    with Load(port, keep_alive) as load:
        for version in ("v3", "v2"):
            gateway.apply(desired(_gunicorn(tmp_path, version), port))
            until_complete(gateway, f"tiny:{version}")
            load.wait_for(version)
        wait_until(lambda: _drained(gateway))
    assert load.failures == []


def _gunicorn(folder: Path, version: str) -> FolderRelease:
    place = folder / f"gunicorn-{version}"
    place.mkdir(exist_ok=True)
    head = "'200 OK', [('Content-Length', '2')]"
    (place / "web.py").write_text(f"def app(environ, start):\n    start({head})\n    return [b'{version}']\n")
    command = ("python", "-m", "gunicorn", "--worker-class", "gthread", "--threads", "8", "web:app")
    # gunicorn binds 0.0.0.0:$PORT by itself
    return FolderRelease(f"tiny:{version}", str(place), command, str(Path(sys.executable).parent), {})


def test_a_slow_answer_comes_to_its_end(gateway: Gateway, port: int, tmp_path: Path) -> None:
    answers: list[str] = []
    asking = [threading.Thread(target=lambda: answers.append(ask(port, "/slow?1.5"))) for _ in range(2)]
    for thread in asking:
        thread.start()
    gateway.apply(desired(release(tmp_path, "v2"), port))
    until_complete(gateway, "tiny:v2")
    for thread in asking:
        thread.join()
    assert answers == ["v1", "v1"]


def test_the_release_before_serves_while_the_new_one_fails(gateway: Gateway, port: int, tmp_path: Path) -> None:
    gateway.apply(desired(release(tmp_path, "bad", crash=True), port))
    failing = next(status for status in gateway.watch("tiny", 10) if any(it.state is State.FAILED for it in status.replicas))
    assert [it.image for it in failing.replicas if it.state is State.READY] == ["tiny:v1", "tiny:v1"]
    assert ask(port) == "v1"


def test_a_newer_release_takes_the_place_of_one_that_never_gets_ready(gateway: Gateway, port: int, tmp_path: Path) -> None:
    gateway.apply(desired(release(tmp_path, "bad", ready_after=1000), port))
    gateway.apply(desired(release(tmp_path, "v2"), port, fence=2))
    until_complete(gateway, "tiny:v2")
    assert ask(port) == "v2"


def test_more_replicas_are_added_to_those_that_serve(gateway: Gateway, port: int, tmp_path: Path) -> None:
    before = gateway.status("tiny")
    gateway.apply(desired(release(tmp_path, "v1"), port, replicas=3))
    after = until_complete(gateway, "tiny:v1")
    assert before
    assert after.replicas[:2] == before.replicas
    assert len(after.replicas) == 3


def test_an_answer_larger_than_any_buffer_arrives_whole(gateway: Gateway, port: int) -> None:
    assert len(ask(port, "/large?30000000")) == 30_000_000


def test_a_client_that_has_said_all_still_gets_its_answer(gateway: Gateway, port: int) -> None:
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(b"GET /slow?0.2 HTTP/1.0\r\n\r\n")
        client.shutdown(socket.SHUT_WR)
        assert client.makefile("rb").read().endswith(b"v1")


def test_a_large_request_arrives_whole(gateway: Gateway, port: int) -> None:
    body = b"0123456789" * 1_000_000
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("POST", "/", body)
    assert connection.getresponse().read() == body
    connection.close()


def test_an_answer_that_comes_before_the_request_is_read_arrives(gateway: Gateway, port: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("POST", "/refuse", b"0123456789" * 1_000_000)
    answer = connection.getresponse()
    assert (answer.status, answer.read()) == (413, b"too large")
    connection.close()
