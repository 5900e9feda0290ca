"""Clients of a service that ask it without pause, as a real HTTP library does, and every answer that was not one."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import urllib3
from urllib3.exceptions import HTTPError


@dataclass
class Traffic:
    """Every other client keeps its connection alive, the others make a new one for each request. Nothing is ever asked twice.

    Args:
        url: where ``body`` is posted as JSON.
        pause: seconds between two requests of a client: 16 of them leave a small machine room for what is asked.
    """

    url: str
    body: bytes
    clients: int = 16
    pause: float = 0.08
    asked: int = 0
    failures: list[str] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)
    _enough: threading.Condition = field(default_factory=threading.Condition)

    @contextmanager
    def going_on(self) -> Iterator["Traffic"]:
        """Ask for the length of the block."""
        threads = [threading.Thread(target=self._client, args=(number % 2 == 0,)) for number in range(self.clients)]
        for thread in threads:
            thread.start()
        try:
            yield self
        finally:
            self._stop.set()
            for thread in threads:
                thread.join()

    def until(self, requests: int) -> None:
        """Wait until so many were asked."""
        with self._enough:
            self._enough.wait_for(lambda: self.asked >= requests)

    def _client(self, keep_alive: bool) -> None:
        headers = {"Content-Type": "application/json", **({} if keep_alive else {"Connection": "close"})}
        with urllib3.PoolManager(maxsize=1, headers=headers, timeout=10.0, retries=False) as pool:
            while not self._stop.wait(self.pause):
                self._ask(pool, "kept alive" if keep_alive else "new connection")

    def _ask(self, pool: urllib3.PoolManager, kind: str) -> None:
        try:
            answer = pool.request("POST", self.url, body=self.body)
            problem = "" if answer.status == 200 else f"{answer.status} {answer.data[:80]!r}"
        except HTTPError as error:
            problem = repr(error)
        with self._enough:
            self.asked += 1
            if problem:
                self.failures.append(f"{kind}: {problem}")
            self._enough.notify_all()
