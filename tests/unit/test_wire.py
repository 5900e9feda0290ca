import socket
from collections.abc import Iterator
from contextlib import suppress

import pytest

from hook_server.wire import KEPT_BYTES, Wire

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
    with wire.together():
        wire.sendall(b"head")
        wire.sendall(b"body")
        assert received(client) == b""
    assert received(client) == b"headbody"


def test_what_is_long_is_not_kept(pair: Pair) -> None:
    wire, client = pair
    with wire.together():
        wire.sendall(b"head")
        wire.sendall(b"b" * (KEPT_BYTES + 1))
        assert received(client) == b"head" + b"b" * (KEPT_BYTES + 1)
        wire.sendall(b"rest")
        assert received(client) == b"rest"


def test_what_was_sent_before_a_defect_goes_out(pair: Pair) -> None:
    wire, client = pair
    with suppress(ZeroDivisionError), wire.together():
        wire.sendall(b"head")
        raise ZeroDivisionError
    assert received(client) == b"head"


def test_between_answers_nothing_is_kept(pair: Pair) -> None:
    wire, client = pair
    wire.sendall(b"100 continue")
    assert received(client) == b"100 continue"


def test_a_client_that_does_not_take_its_answer_is_given_up(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    wire, _ = pair
    monkeypatch.setattr("hook_server.wire.SEND_SECONDS", 0.01)
    with pytest.raises(BrokenPipeError, match="does not take its answer"):
        wire.sendall(bytes(100_000_000))
