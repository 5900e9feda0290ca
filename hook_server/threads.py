"""A worker process of the hook server: gunicorn's threads, each of which waits for a client for a bounded time. Knows no request."""

import signal
import socket
from collections.abc import Callable
from contextlib import suppress
from types import FrameType
from typing import Any

from gunicorn.workers.gthread import ThreadWorker

from hook_server import viewers
from hook_server.parts import Parts
from hook_server.senders import MOST, Senders, watch
from hook_server.spool import keep_flushing
from pipeline.errors import StoreUnavailable

THREADS = 2 * MOST + viewers.MOST + 16
"""More than heads and bodies that are awaited and viewers that wait can hold together: some are always free for an answer."""

LINGER_SECONDS = 2.0
"""How long a client may take to hang up after its last answer; as long as gunicorn gives it."""


class Threads(ThreadWorker):  # type: ignore[misc]
    """Waits for a client only as a sender of ``senders``; gunicorn itself waits for ever, in one of its threads or in its main loop."""

    def init_process(self) -> None:
        self.heads = Senders(self.app.slowest)
        super().init_process()

    def handle(self, conn: Any) -> Any:
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
    """Watch senders, flush the spool, and send viewers home at the end: one that waits would hold a stop up for its whole wait."""
    given: Parts = worker.wsgi.extensions["pushrail"]
    watch(worker.heads, given.bodies)
    keep_flushing(given.spool)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _then(given.viewers.close, worker.handle_exit))


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
