"""What is known of clients by their address, in memory and bounded: of too many, whoever was heard of longest ago is forgotten."""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from hook_server.address import place

MOST = 10_000
T = TypeVar("T")


class Addresses(Generic[T]):
    """Every method may be called from any thread; addresses that count as one share what is known."""

    def __init__(self) -> None:
        self._known: dict[str, T] = {}  # who was heard of longest ago comes first
        self._lock = threading.Lock()

    def known(self, address: str) -> T | None:
        with self._lock:
            return self._known.get(place(address))

    def change(self, address: str, change: Callable[[T | None], T]) -> T:
        """Put what ``change`` makes of what is known, None where nothing is, in its place; nobody else comes in between."""
        with self._lock:
            found = place(address)
            self._known[found] = made = change(self._known.pop(found, None))
            if len(self._known) > MOST:
                del self._known[next(iter(self._known))]
            return made

    def forget(self, address: str) -> None:
        with self._lock:
            self._known.pop(place(address), None)
