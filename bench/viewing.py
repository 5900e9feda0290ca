"""Viewers of a run's log, all in one thread: each asks for more than it has, waits, and asks again, as the page does."""

import re
import selectors
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

from tests.hook import BEARER

WAIT = 20


@dataclass
class Viewer:
    wire: socket.socket
    offset: int = 0
    got: bytes = b""

    def ask(self, run: str) -> None:
        self.got = b""
        named = f"Host: localhost\r\nAuthorization: {BEARER['Authorization']}\r\n\r\n"
        self.wire.sendall(f"GET /api/v1/runs/{run}/log?offset={self.offset}&wait={WAIT} HTTP/1.1\r\n{named}".encode())

    def answered(self) -> bool:
        """Read what there is; whether the answer is complete."""
        self.got += self.wire.recv(65536)
        head, there, body = self.got.partition(b"\r\n\r\n")
        length = re.search(rb"(?i)content-length: (\d+)", head)
        if not there or length is None or len(body) < int(length[1]):
            return False
        offset = re.search(rb"(?i)x-log-offset: (\d+)", head)
        assert head.startswith(b"HTTP/1.1 200"), head
        assert offset is not None
        self.offset = int(offset[1])
        return True


@contextmanager
def viewing(address: str, run: str, count: int) -> Iterator[list[int]]:
    """So many viewers for the length of the block; gives the offset of each answer as they come."""
    answers: list[int] = []
    over = threading.Event()
    place = urlsplit(address)
    wires = [socket.create_connection((place.hostname, place.port)) for _ in range(count)]
    beside = threading.Thread(target=_watch, args=(wires, run, over, answers))
    beside.start()
    yield answers
    over.set()
    beside.join()
    for wire in wires:
        wire.close()


def _watch(wires: list[socket.socket], run: str, over: threading.Event, answers: list[int]) -> None:
    with selectors.DefaultSelector() as waiting:
        for wire in wires:
            viewer = Viewer(wire)
            viewer.ask(run)
            waiting.register(wire, selectors.EVENT_READ, viewer)
        while not over.is_set():
            for key, _ in waiting.select(0.1):
                if key.data.answered():
                    answers.append(key.data.offset)
                    key.data.ask(run)
