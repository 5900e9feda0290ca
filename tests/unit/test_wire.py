import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from hook_server.wire import KEPT_BYTES, Wire

LONG = bytes(range(256)) * 40_000
Pair = tuple[Wire, socket.socket]


@pytest.fixture
def pair() -> Iterator[Pair]:
    ours, theirs = socket.socketpair()
    with Wire(ours.family, ours.type, ours.proto, ours.detach()) as wire, theirs:
        theirs.setblocking(False)
        yield wire, theirs
        theirs.close()


def received(client: socket.socket) -> bytes:
    try:
        return client.recv(10 * KEPT_BYTES)
    except BlockingIOError:
        return b""


def test_an_answer_goes_out_in_one_piece(pair: Pair) -> None:
    wire, client = pair
    wire.keep()
    wire.sendall(b"head")
    wire.sendall(b"body")
    assert received(client) == b""
    wire.flush()
    assert received(client) == b"headbody"


def test_what_is_long_is_not_kept(pair: Pair) -> None:
    wire, client = pair
    wire.keep()
    wire.sendall(b"head")
    wire.sendall(b"b" * (KEPT_BYTES + 1))
    assert received(client) == b"head" + b"b" * (KEPT_BYTES + 1)
    wire.sendall(b"rest")
    assert received(client) == b"rest"


def test_between_answers_nothing_is_kept(pair: Pair) -> None:
    wire, client = pair
    wire.sendall(b"100 continue")
    assert received(client) == b"100 continue"


def test_what_a_client_does_not_take_at_once_it_gets_all_the_same(pair: Pair) -> None:
    wire, client = pair
    client.setblocking(True)
    with ThreadPoolExecutor() as reader:
        taken = reader.submit(client.recv, len(LONG), socket.MSG_WAITALL)
        wire.sendall(LONG)
        assert taken.result(30) == LONG


def test_a_client_that_does_not_take_its_answer_is_given_up(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    wire, _ = pair
    monkeypatch.setattr("hook_server.wire.SEND_SECONDS", 0.01)
    with pytest.raises(BrokenPipeError, match="does not take its answer"):
        wire.sendall(bytes(100_000_000))
