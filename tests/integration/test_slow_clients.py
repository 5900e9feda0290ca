"""Clients that send slowly, badly or nothing at all, against the real server process: nobody else waits for them."""

import select
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from hook_server.greenlets import CLIENTS
from hook_server.senders import MOST
from tests.hook import BEARER, SPEC_TEXT, settings
from tests.served import answers, served
from tests.waiting import wait_until
from tests.wire import BODY, Server, answer, connection, head, post

MANY = CLIENTS + MOST
UNFINISHED = {
    "heads": b"POST /hooks/github HTTP/1.1\r\nHost: local",
    "bodies": head("Content-Length: 100000") + b"{",
    "chunks": head("Transfer-Encoding: chunked") + b"ff\r\n{",
    "trailers": head("Transfer-Encoding: chunked") + b"0\r\nX-A: b",
    "bodies nobody reads": head("Content-Length: 100000", path="/nothing") + b"{",
    "bodies without a token": head("Content-Length: 100000", path="/api/v1/apps/iris/runs") + b"{",
    "log in forms": head("Content-Length: 10000", path="/login") + b"csrf=",
    "nothing": b"",
    "no farewell": b"GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
}


@pytest.fixture(scope="module")
def server(redis_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """With one worker process, for what holds there holds in each."""
    with served(settings(redis_server), SPEC_TEXT, tmp_path_factory.mktemp("server"), workers=1) as started:
        yield started


@pytest.fixture
def hasty(redis_url: str, tmp_path: Path) -> Iterator[Server]:
    """A server that gives a client one second."""
    with served(settings(redis_url), SPEC_TEXT, tmp_path, slowest=1.0) as started:
        yield started


@pytest.fixture
def crowd(server: Server, request: pytest.FixtureRequest) -> Iterator[list[socket.socket]]:
    wires = [connection(server) for _ in range(MANY)]
    for wire in wires:
        wire.sendall(UNFINISHED[request.param])
    yield wires
    for wire in wires:
        wire.close()


@pytest.mark.parametrize("crowd", list(UNFINISHED), indirect=True)
def test_more_slow_clients_than_there_is_room_for_keep_nobody_waiting(server: Server, redis_url: str, crowd: list[socket.socket]) -> None:
    begun = time.monotonic()
    assert answers(f"{server[0]}/livez")
    assert post(server, BODY).status_code == 202
    assert time.monotonic() - begun < 4


def drip(wire: socket.socket) -> bool:
    """Send one byte more; whether the server has answered or hung up."""
    wire.send(b"x")
    return bool(select.select([wire], [], [], 0)[0])


@pytest.mark.parametrize(("sent", "status"), [("heads", b""), ("bodies", b"HTTP/1.1 503"), ("chunks", b"HTTP/1.1 503")])
def test_a_client_that_drips_is_hung_up_on_when_its_time_is_over(hasty: Server, sent: str, status: bytes) -> None:
    with connection(hasty) as wire:
        wire.sendall(UNFINISHED[sent])
        wait_until(lambda: drip(wire), 10, every=0.2)
        assert wire.recv(12) == status


@pytest.mark.parametrize("path", ["/hooks/github", "/login"])
@pytest.mark.parametrize(
    "chunks",
    [
        b"zz\r\nabc\r\n0\r\n\r\n",
        b"-5\r\nabc\r\n0\r\n\r\n",
        b"\r\n",
        b"5;\x01\r\nabcde\r\n0\r\n\r\n",
        b"3\r\nabcde\r\n0\r\n\r\n",
        b"5\r\nab",
        b"5\r\nabcde\r\n",
        b"ffffffffffffffff\r\nabc",
        b"1" * 20_000,
        b"0\r\nbad trailer\r\n\r\n",
        b"0\r\nX-A: b",
        b"0\r\n" + b"X-A: b\r\n" * 200 + b"\r\n",
    ],
    ids=lambda chunks: repr(chunks[:16]),
)
def test_a_malformed_chunked_body_is_400(server: Server, path: str, chunks: bytes) -> None:
    said = answer(server, head("Transfer-Encoding: chunked", "Connection: close", path=path), chunks)
    assert said.startswith("HTTP/1.1 400")
    assert "application/problem+json" in said
    assert "its chunks are malformed" in said


def test_a_malformed_body_leaves_no_traceback_in_the_log(hasty: Server, tmp_path: Path) -> None:
    for path in ("/hooks/github", "/login", "/nothing", "/api/v1/apps/iris/runs"):
        token = f"Authorization: {BEARER['Authorization']}"
        answer(hasty, head("Transfer-Encoding: chunked", token, path=path), b"zz\r\nabc\r\n0\r\n\r\n")
    with connection(hasty) as wire:
        wire.sendall(UNFINISHED["chunks"])
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
    assert answers(f"{hasty[0]}/livez")
    assert "Traceback" not in (tmp_path / "server.log").read_text()
