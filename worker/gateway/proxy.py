"""One client's connection, passed on to a replica byte for byte. Knows no process; of HTTP only how a request begins.

What is guaranteed when a replica leaves the pool: a connection with an answer due stays with it until the answer has come (bounded by the
drain and the app's own shutdown); a kept-alive connection goes to a ready replica with its next request, unseen by the client; a quiet
one ends when the replica ends it. A client that has received an answer and begins a request has received the whole answer: only one that
pipelines (RFC 9112 9.3.2), which clients do not do, could lose one.
"""

import asyncio
import re
from typing import cast

from worker.gateway.pool import Backend, Pool

_REQUEST = re.compile(rb"[A-Z]+ [^ \r\n]+ HTTP/1\.[01]\r\n")
_LINGER = 5.0


class Upstream(asyncio.Protocol):
    """The replica's side."""

    transport: asyncio.Transport

    def __init__(self, client: "Client") -> None:
        self.client: Client | None = client
        self.eof = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        if self.client:
            self.client.answer(data)

    def eof_received(self) -> bool:
        self.eof = True
        if self.client:
            self.client.answered_all()
        return True

    def pause_writing(self) -> None:
        if self.client:
            self.client.transport.pause_reading()

    def resume_writing(self) -> None:
        if self.client:
            self.client.transport.resume_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        if self.client:
            self.client.transport.close()

    def leave(self) -> None:
        """Part from the client."""
        self.client = None
        self.transport.close()


class Client(asyncio.Protocol):
    """The client's side.

    Args:
        seconds: how long it waits for a replica to become ready.
    """

    transport: asyncio.Transport

    def __init__(self, pool: Pool, seconds: float) -> None:
        self._pool = pool
        self._seconds = seconds
        self._backend: Backend | None = None
        self._upstream: Upstream | None = None
        self._eof = False
        self.owes = True
        self.moved_at = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._loop = asyncio.get_running_loop()
        self.transport = cast(asyncio.Transport, transport)
        self._attach(b"")

    def _attach(self, first: bytes) -> None:
        """Find a replica, and let it have ``first``."""
        self.transport.pause_reading()
        self._connecting = self._loop.create_task(self._connect(first))

    async def _connect(self, first: bytes) -> None:
        tried: set[Backend] = set()
        while backend := await self._pool.choose(tried, self._seconds):
            self._hold(backend)
            try:
                _, upstream = await self._loop.create_connection(lambda: Upstream(self), "127.0.0.1", backend.port)
            except OSError:  # it went this moment: another may take it
                tried.add(backend)
                continue
            self._attached(upstream, first)
            return
        self.transport.close()

    def _hold(self, backend: Backend | None) -> None:
        if self._backend:
            self._backend.links.discard(self)
        self._backend = backend
        if backend:
            backend.links.add(self)

    def _attached(self, upstream: Upstream, first: bytes) -> None:
        self._upstream = upstream
        self.owes = False
        self.moved_at = self._loop.time()
        if first:
            self._ask(upstream, first)
        self.transport.resume_reading()

    def data_received(self, data: bytes) -> None:
        assert self._upstream
        assert self._backend
        if self._backend.serving or self.owes or not self._pool.least_busy(()) or not _REQUEST.match(data):
            self._ask(self._upstream, data)
            return
        self._upstream.leave()
        self._upstream = None
        self.owes = True
        self._attach(data)

    def _ask(self, upstream: Upstream, data: bytes) -> None:
        self.owes = True
        self.moved_at = self._loop.time()
        upstream.transport.write(data)

    def answer(self, data: bytes) -> None:
        self.owes = False
        self.moved_at = self._loop.time()
        self.transport.write(data)

    def answered_all(self) -> None:
        """The replica sends no more; what the client still sends is passed on for a while, so that no reset destroys the answer."""
        self.transport.write_eof()
        if self._eof:
            self.transport.close()
        else:
            self._loop.call_later(_LINGER, self.transport.close)

    def eof_received(self) -> bool:
        self._eof = True
        if self._upstream:
            self._upstream.transport.write_eof()
            return not self._upstream.eof
        return False

    def pause_writing(self) -> None:
        if self._upstream:
            self._upstream.transport.pause_reading()

    def resume_writing(self) -> None:
        if self._upstream:
            self._upstream.transport.resume_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        self._connecting.cancel()
        self._hold(None)
        if self._upstream:
            self._upstream.leave()
