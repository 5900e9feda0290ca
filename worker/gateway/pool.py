"""Where an app's connections may go: the replicas that are ready now. Opens no connection."""

import asyncio
from collections.abc import Collection
from typing import Protocol


class Held(Protocol):
    """A connection, as a drain sees it; ``owes`` means an answer is due, ``moved_at`` is the loop's time of its last byte."""

    owes: bool
    moved_at: float


class Backend:
    """One process of a replica, from its first connection to its last."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.serving = False
        self.links: set[Held] = set()

    async def rest(self, seconds: float, limit: float) -> None:
        """Wait until no connection owes an answer and none has moved for ``seconds``, at most ``limit`` seconds."""
        clock = asyncio.get_running_loop().time
        end = clock() + limit
        while clock() < end and any(link.owes or clock() - link.moved_at < seconds for link in self.links):
            await asyncio.sleep(0.05)


class Pool:
    """The backends that get new connections."""

    def __init__(self) -> None:
        self._backends: dict[Backend, None] = {}
        self._filled = asyncio.Event()

    def add(self, backend: Backend) -> None:
        backend.serving = True
        self._backends[backend] = None
        self._filled.set()

    def remove(self, backend: Backend) -> None:
        backend.serving = False
        self._backends.pop(backend, None)

    def least_busy(self, tried: Collection[Backend]) -> Backend | None:
        """The one with the fewest connections that is not ``tried``; among equals the one that was chosen longest ago."""
        backend = min((backend for backend in self._backends if backend not in tried), key=lambda it: len(it.links), default=None)
        if backend:
            self._backends[backend] = self._backends.pop(backend)
        return backend

    async def choose(self, tried: Collection[Backend], seconds: float) -> Backend | None:
        """The least busy one, waited for while there is none; None when none came in time."""
        if backend := self.least_busy(tried):
            return backend
        try:
            async with asyncio.timeout(seconds):
                return await self._next(tried)
        except TimeoutError:
            return None

    async def _next(self, tried: Collection[Backend]) -> Backend:
        while (backend := self.least_busy(tried)) is None:
            self._filled.clear()
            await self._filled.wait()
        return backend
