import socket
from collections.abc import Iterator

import pytest

from hook_server.senders import FAIR_SECONDS, Senders

Pair = tuple[socket.socket, socket.socket]


@pytest.fixture
def pairs() -> Iterator[list[Pair]]:
    made = [socket.socketpair() for _ in range(3)]
    yield made
    for wire in (wire for pair in made for wire in pair):
        wire.close()


def hung_up(wire: socket.socket) -> bool:
    wire.setblocking(False)
    try:
        return wire.recv(1) == b""
    except BlockingIOError:
        return False


def test_only_who_is_late_is_hung_up_on(pairs: list[Pair]) -> None:
    (early, _), (late, _), _ = pairs
    now = [0.0]
    senders = Senders(10.0, clock=lambda: now[0])
    senders.enter(late)
    now[0] = 5.0
    senders.enter(early)
    now[0] = 10.0
    senders.hang_up_late()
    assert [hung_up(late), hung_up(early)] == [True, False]
    assert [senders.leave(late), senders.leave(early)] == [False, True]


def test_of_too_many_the_one_that_sends_longest_makes_room(pairs: list[Pair]) -> None:
    now = [0.0]
    senders = Senders(10.0, most=2, clock=lambda: now[0])
    for wire, _ in pairs:
        senders.enter(wire)
        now[0] += FAIR_SECONDS
    assert [hung_up(wire) for wire, _ in pairs] == [True, False, False]


def test_of_too_many_who_have_just_come_each_has_a_fair_time(pairs: list[Pair]) -> None:
    now = [0.0]
    senders = Senders(10.0, most=2, clock=lambda: now[0])
    for wire, _ in pairs:
        senders.enter(wire)
    assert [hung_up(wire) for wire, _ in pairs] == [False, False, False]
    now[0] = FAIR_SECONDS
    senders.hang_up_late()
    assert [hung_up(wire) for wire, _ in pairs] == [True, False, False]


def test_who_left_is_not_hung_up_on(pairs: list[Pair]) -> None:
    (wire, _), *_ = pairs
    senders = Senders(0.0)
    senders.enter(wire)
    assert senders.leave(wire)
    senders.hang_up_late()
    assert not hung_up(wire)


def test_an_answer_can_still_be_sent_to_who_was_hung_up_on(pairs: list[Pair]) -> None:
    (wire, client), *_ = pairs
    senders = Senders(0.0)
    senders.enter(wire)
    senders.hang_up_late()
    wire.sendall(b"503")
    assert client.recv(3) == b"503"


def test_a_client_that_is_gone_already_disturbs_nobody(pairs: list[Pair]) -> None:
    (gone, _), (stays, _), _ = pairs
    senders = Senders(0.0)
    senders.enter(gone)
    senders.enter(stays)
    gone.close()
    senders.hang_up_late()
    assert hung_up(stays)


def test_once_it_is_closed_everyone_is_hung_up_on_and_so_is_who_comes_later(pairs: list[Pair]) -> None:
    (before, _), (after, _), _ = pairs
    senders = Senders(10.0)
    senders.enter(before)
    senders.close()
    senders.enter(after)
    assert [hung_up(before), hung_up(after)] == [True, True]
