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

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        if self.client:
            self.client.answer(data)

    def eof_received(self) -> None:
        if self.client:
            self.client.answered_all()

    def pause_writing(self) -> None:
        if self.client:
            self.client.transport.pause_reading()

    def resume_writing(self) -> None:
        if self.client:
            self.client.transport.resume_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        self.eof_received()


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
        self._connecting: asyncio.Task[None] | None = None
        self._lingering: asyncio.TimerHandle | None = None
        self._eof = False
        self.owes = True
        self.moved_at = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._loop = asyncio.get_running_loop()
        self.transport = cast(asyncio.Transport, transport)
        # not at once: early releases of 3.11 begin to read after this call, whatever it paused
        self._loop.call_soon(self._attach, b"")

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
        if self._upstream is None or self._backend is None:
            return
        if self._backend.serving or self.owes or not self._pool.least_busy(()) or not _REQUEST.match(data):
            self._ask(self._upstream, data)
            return
        self._part().close()
        self.owes = True
        self._attach(data)

    def _part(self) -> asyncio.Transport:
        """Leave the replica; its connection is for the caller to close."""
        assert self._upstream
        upstream, self._upstream = self._upstream, None
        upstream.client = None
        return upstream.transport

    def _ask(self, upstream: Upstream, data: bytes) -> None:
        self.owes = True
        self.moved_at = self._loop.time()
        upstream.transport.write(data)

    def answer(self, data: bytes) -> None:
        self.owes = False
        self.moved_at = self._loop.time()
        self.transport.write(data)

    def answered_all(self) -> None:
        """The replica sends no more, and may wait to see the end of it: gunicorn does, in its main thread.

        So the gateway lingers in its stead: what the client still sends goes nowhere, and no reset destroys the answer (RFC 9112 9.6).
        """
        self._part().abort()
        self._hold(None)
        self.transport.write_eof()
        self.transport.resume_reading()
        self._lingering = self._loop.call_later(0 if self._eof else _LINGER, self.transport.close)

    def eof_received(self) -> bool:
        self._eof = True
        if self._upstream:
            self._upstream.transport.write_eof()
        return self._upstream is not None

    def pause_writing(self) -> None:
        if self._upstream:
            self._upstream.transport.pause_reading()

    def resume_writing(self) -> None:
        if self._upstream:
            self._upstream.transport.resume_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._connecting:
            self._connecting.cancel()
        if self._lingering:
            self._lingering.cancel()
        self._hold(None)
        if self._upstream:
            self._part().close()
