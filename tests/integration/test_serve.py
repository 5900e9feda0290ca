"""The real server process: what only a real socket can do to it, and how it ends."""

import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from hook_server.master import GRACE_SECONDS
from pipeline.model import Run, Trigger
from pipeline.store import Store
from tests.hook import BEARER, COMMIT, SPEC_TEXT, settings
from tests.served import answers, served
from tests.waiting import wait_until
from tests.wire import BODY, Server, connection, head, post


@pytest.fixture
def server(redis_url: str, tmp_path: Path) -> Iterator[Server]:
    with served(settings(redis_url), SPEC_TEXT, tmp_path) as started:
        yield started


def test_stalled_senders_do_not_keep_others_waiting(server: Server) -> None:
    stalled = [connection(server) for _ in range(20)]
    for wire in stalled:
        wire.sendall(head(f"Content-Length: {len(BODY)}") + BODY[:10])
    begun = time.monotonic()
    assert post(server, BODY).status_code == 202
    assert time.monotonic() - begun < 2
    for wire in stalled:
        wire.close()


def test_waiting_log_readers_do_not_keep_others_waiting_and_go_home_at_the_end(server: Server, store: Store) -> None:
    store.accept(Run("r1", "iris", Trigger.PUSH, "refs/heads/main", COMMIT, delivery="d0", created_at=1.0))
    codes: list[int] = []
    log = f"{server[0]}/api/v1/runs/r1/log?wait=25"
    readers = [threading.Thread(target=lambda: codes.append(requests.get(log, headers=BEARER, timeout=30).status_code)) for _ in range(40)]
    for reader in readers:
        reader.start()
    begun = time.monotonic()
    assert answers(f"{server[0]}/readyz")
    assert time.monotonic() - begun < 3
    server[1].terminate()
    assert server[1].wait(12) == 0
    for reader in readers:
        reader.join()
    assert codes == [200] * 40


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_request_under_way_is_answered_before_the_end(server: Server, how: signal.Signals) -> None:
    with connection(server) as wire:
        wire.sendall(head(f"Content-Length: {len(BODY)}") + BODY[:10])
        assert answers(f"{server[0]}/livez")
        server[1].send_signal(how)
        wait_until(lambda: not answers(f"{server[0]}/livez", 0.5))
        wire.sendall(BODY[10:])
        assert wire.recv(12) == b"HTTP/1.1 202"
    assert server[1].wait(12) == 0


def test_a_client_that_keeps_its_connection_open_does_not_hold_up_the_end(server: Server) -> None:
    with requests.Session() as client:
        assert client.get(f"{server[0]}/livez", timeout=5).status_code == 200
        server[1].terminate()
        assert server[1].wait(GRACE_SECONDS / 2) == 0
