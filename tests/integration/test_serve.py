"""The real server process: what only a real socket can do to it, and how it ends."""

import signal
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from hook_server.receiver import MOST_BYTES
from hook_server.serve import serve
from pipeline.errors import SettingsError
from pipeline.model import Run, Trigger
from pipeline.store import Store
from tests.hook import BEARER, COMMIT, SPEC_TEXT, settings, signature
from tests.served import answers, served
from tests.waiting import wait_until
from tests.wire import BODY, Server, connection, head, post, status


@pytest.fixture
def server(redis_url: str, tmp_path: Path) -> Iterator[Server]:
    with served(settings(redis_url), SPEC_TEXT, tmp_path) as started:
        yield started


def chunked(body: bytes, size: int = 1024 * 1024) -> Iterator[bytes]:
    return (body[at : at + size] for at in range(0, len(body), size))


def test_a_push_is_accepted_plain_and_chunked(server: Server) -> None:
    assert post(server, BODY).status_code == 202
    assert post(server, chunked(BODY, 100)).status_code == 200


def test_a_chunked_body_over_the_limit_is_413(server: Server) -> None:
    assert post(server, chunked(b" " * (MOST_BYTES + 1))).status_code == 413


def test_a_declared_length_over_the_limit_is_413_before_the_body_is_sent(server: Server) -> None:
    assert status(server, head(f"Content-Length: {MOST_BYTES + 1}")) == b"HTTP/1.1 413"


def test_a_body_shorter_than_declared_is_400_when_the_sender_goes(server: Server) -> None:
    with connection(server) as wire:
        wire.sendall(head(f"Content-Length: {len(BODY)}") + BODY[:-5])
        wire.shutdown(socket.SHUT_WR)
        assert wire.recv(12) == b"HTTP/1.1 400"


@pytest.mark.parametrize("framing", ["Transfer-Encoding: chunked", "Content-Length: 5"])
def test_two_lengths_in_one_request_are_400(server: Server, framing: str) -> None:
    assert status(server, head(f"Content-Length: {len(BODY)}", framing), BODY) == b"HTTP/1.1 400"


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


def test_the_server_log_holds_no_secret(server: Server, tmp_path: Path) -> None:
    post(server, BODY)
    post(server, BODY + b" ")
    requests.get(f"{server[0]}/api/v1/runs", headers=BEARER, timeout=5)
    text = (tmp_path / "server.log").read_text()
    for hidden in (signature(BODY).removeprefix("sha256="), BEARER["Authorization"], *settings("").environment.values()):
        assert hidden not in text


def test_what_is_wrong_with_the_settings_is_told_before_a_process_is_forked(tmp_path: Path) -> None:
    (tmp_path / "pipeline.yaml").write_text(SPEC_TEXT)
    given = settings("redis://127.0.0.1:1/0", IRIS_SECRET="")
    with pytest.raises(SettingsError, match="IRIS_SECRET"):
        serve(type(given)(tmp_path / "pipeline.yaml", tmp_path, given.redis_url, given.environment), "127.0.0.1", 0)
