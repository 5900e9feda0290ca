"""A worker process of the hook server: gunicorn's threads, each of which waits for a client for a bounded time. Knows no request."""

import select
import signal
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from types import FrameType
from typing import Any

from gunicorn.workers.gthread import ThreadWorker

from hook_server.parts import READERS, Parts
from hook_server.senders import MOST, Senders, watch
from hook_server.spool import keep_flushing
from pipeline.errors import StoreUnavailable

KEPT = 16
"""Connections that keep their thread for ``NEXT_SECONDS`` after an answer, since a busy client sends its next request at once."""

NEXT_SECONDS = 0.01

THREADS = 2 * MOST + READERS + KEPT + 16
"""More than heads and bodies that are awaited, log readers and kept connections can hold together: some are always free for an answer."""

LINGER_SECONDS = 2.0
"""How long a client may take to hang up after its last answer; as long as gunicorn gives it."""


class Threads(ThreadWorker):  # type: ignore[misc]
    """Waits for a client only as a sender of ``senders``; gunicorn itself waits for ever, in one of its threads or in its main loop."""

    def init_process(self) -> None:
        self.heads = Senders(self.app.slowest)
        self.kept = threading.Semaphore(KEPT)
        super().init_process()

    def handle(self, conn: Any) -> Any:
        """Answer a request and those that follow it at once; the way through gunicorn's main loop costs a fifth of all the work."""
        kept = self._answer(conn)
        while kept is True and self.alive and self._goes_on(conn):
            kept = self._answer(conn)
        return kept

    def _goes_on(self, conn: Any) -> bool:
        """Whether the client sends more within ``NEXT_SECONDS``; what gunicorn has read already it looks after itself."""
        if conn.parser.unreader.buf.getvalue() or not self.kept.acquire(blocking=False):
            return False
        try:
            waiting = select.poll()
            waiting.register(conn.sock, select.POLLIN)
            return bool(waiting.poll(NEXT_SECONDS * 1000))
        finally:
            self.kept.release()

    def _answer(self, conn: Any) -> Any:
        """Read a head, have it answered, and see the client off; all of it in a thread."""
        self.heads.enter(conn.sock)
        try:
            kept = super().handle(conn)
            if kept is False:
                _linger(conn.sock)
            return kept
        finally:
            self.heads.leave(conn.sock)

    def handle_request(self, req: Any, conn: Any) -> Any:
        """The head is there; what is awaited afterwards is the rest of a body that nobody read."""
        self.heads.leave(conn.sock)
        try:
            return super().handle_request(req, conn)
        finally:
            self.heads.enter(conn.sock)


def _linger(wire: socket.socket) -> None:
    """Wait until the client hangs up (RFC 9112, 9.6); gunicorn would do so in its main loop, where it keeps everyone waiting."""
    with suppress(OSError):
        wire.shutdown(socket.SHUT_WR)
        wire.settimeout(LINGER_SECONDS)
        while wire.recv(65536):
            pass
    with suppress(OSError):
        wire.shutdown(socket.SHUT_RD)


def prepare(worker: Any) -> None:
    """Watch senders, flush the spool, and send log readers home at the end: one that waits would hold a stop up for its whole wait."""
    given: Parts = worker.wsgi.extensions["pushrail"]
    watch(worker.heads, given.bodies)
    keep_flushing(given.spool)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _then(given.closing.set, worker.handle_exit))


def flush(_: Any, worker: Any) -> None:
    """Write what came in the last second, or it would be forgotten; gunicorn's master, which has no app, may call this, too."""
    if not worker.booted:
        return
    given: Parts = worker.wsgi.extensions["pushrail"]
    with suppress(StoreUnavailable):
        given.spool.flush()


def _then(first: Callable[[], None], second: Callable[[int, FrameType | None], None]) -> Callable[[int, FrameType | None], None]:
    def handle(number: int, frame: FrameType | None) -> None:
        first()
        second(number, frame)

    return handle
