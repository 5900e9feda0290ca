"""Clients in the middle of sending: how long one may take, and how many may be at it. Hangs up on them and reads nothing itself."""

import os
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from itertools import islice

import gevent

SLOWEST = 30.0
"""Seconds; GitHub itself gives a delivery 10: https://docs.github.com/en/webhooks/using-webhooks/handling-failed-webhook-deliveries"""

MOST = 128
FAIR_SECONDS = 1.0
"""However many there are: what comes in a burst is not read all at once."""

_EVERY_SECONDS = 0.5


class Senders:
    """The connections on which a client is awaited; every method may be called from any greenlet, for none ever waits.

    Whoever is late is hung up on, and when there is one too many, whoever has been sending longest, once it had a fair time: a newcomer,
    who may be a forge with a delivery, never stands in line behind clients that send slowly on purpose, and a burst costs nobody an answer.
    To hang up is to read no further, so that an answer can still be sent, and on Linux what has arrived already can still be read.

    Args:
        seconds: how long one may send.
        most: how many may send at a time for longer than a fair time.
        clock: seconds that never jump.
    """

    def __init__(self, seconds: float, most: int = MOST, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds, self._most, self._clock = seconds, most, clock
        self._until: dict[socket.socket, float] = {}  # who began first comes first
        self._closed = False

    def enter(self, wire: socket.socket) -> None:
        """Begin to wait for this client."""
        self._until[wire] = self._clock() + self._seconds
        if self._closed:
            self._hang_up(wire)
        self._make_room()

    def leave(self, wire: socket.socket) -> bool:
        """Wait for this client no longer; false when it was hung up on, or is not awaited."""
        return self._until.pop(wire, None) is not None

    def hang_up_late(self) -> None:
        """Hang up on everyone whose time is over, and on who is one too many by now."""
        now = self._clock()
        for wire in [wire for wire, until in self._until.items() if until <= now]:
            self._hang_up(wire)
        self._make_room()

    def close(self) -> None:
        """Hang up on everyone, also on who enters from now on."""
        self._closed = True
        for wire in list(self._until):
            self._hang_up(wire)

    def _make_room(self) -> None:
        newest = self._clock() + self._seconds - FAIR_SECONDS
        for wire, until in list(islice(self._until.items(), max(len(self._until) - self._most, 0))):
            if until <= newest:
                self._hang_up(wire)

    def _hang_up(self, wire: socket.socket) -> None:
        del self._until[wire]
        with suppress(OSError), socket.socket(fileno=os.dup(wire.fileno())) as same:  # it may be gone already
            same.shutdown(socket.SHUT_RD)


def watch(*watched: Senders) -> None:
    """Hang up on late ones, in a greenlet of its own, for as long as the process lives."""

    def look() -> None:
        while True:
            gevent.sleep(_EVERY_SECONDS)
            for senders in watched:
                senders.hang_up_late()

    gevent.spawn(look)
