"""People who watch logs live never keep a delivery, a probe or a page waiting."""

import re
import select
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from hook_server.viewers import MOST
from pipeline.model import Run, Trigger
from pipeline.run_log import RunLog
from pipeline.store import Store
from tests.hook import BEARER, COMMIT, PASSWORD, SPEC_TEXT, settings
from tests.served import served
from tests.wire import BODY, Server, connection, post

VIEWERS = 200
ASKED = f"GET /api/v1/runs/r1/log?wait=25 HTTP/1.1\r\nHost: localhost\r\nAuthorization: {BEARER['Authorization']}\r\n\r\n".encode()


@pytest.fixture
def server(redis_url: str, store: Store, tmp_path: Path) -> Iterator[Server]:
    """With one worker process, so that all of them meet there."""
    store.accept(Run("r1", "rose", Trigger.PUSH, "refs/heads/main", COMMIT, delivery="d0", created_at=1.0))
    with served(settings(redis_url), SPEC_TEXT, tmp_path, workers=1) as started:
        yield started


@pytest.fixture
def viewers(server: Server) -> Iterator[list[socket.socket]]:
    wires = []
    for _ in range(VIEWERS):
        wires.append(connection(server))
        wires[-1].sendall(ASKED)
    yield wires
    for wire in wires:
        wire.close()


def page(server: Server) -> requests.Response:
    """The dashboard, as somebody sees it who signs in."""
    with requests.Session() as person:
        form = person.get(f"{server[0]}/login", timeout=15).text
        found = re.search(r'name="csrf" value="([^"]+)"', form)
        assert found is not None
        return person.post(f"{server[0]}/login", {"password": PASSWORD, "csrf": found[1]}, timeout=15)


def test_200_viewers_wait_while_everybody_else_is_answered(server: Server, viewers: list[socket.socket], store: Store) -> None:
    assert VIEWERS <= MOST
    assert post(server, BODY).status_code == 202
    assert requests.get(f"{server[0]}/livez", timeout=15).status_code == 200
    assert "r1" in page(server).text
    assert select.select(viewers, [], [], 0)[0] == []
    RunLog(store.redis).append("r1", b"12:00:00 ==> pull\n")
    assert {wire.recv(12) for wire in viewers} == {b"HTTP/1.1 200"}
