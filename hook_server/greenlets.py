"""A worker process of the hook server: gunicorn's greenlets, one for each client, which it waits for a bounded time. Knows no request."""

import signal
from contextlib import nullcontext, suppress
from functools import partial
from typing import Any

from gevent.event import Event
from gevent.pool import Pool
from gevent.server import StreamServer
from gunicorn.workers.ggevent import GeventWorker

from hook_server import viewers
from hook_server.parts import Parts
from hook_server.senders import MOST, Senders, watch
from hook_server.spool import keep_flushing
from hook_server.wire import Wire
from pipeline.errors import StoreUnavailable

CLIENTS = 3 * MOST + viewers.MOST + 64
"""More than those that are awaited and viewers that wait can hold together: there is always room for an answer."""

NEWCOMER_SECONDS = 1.0
"""How long at the end a client that has just come may take to say what it came for."""

_BEAT_SECONDS = 1.0


class Greenlets(GeventWorker):  # type: ignore[misc]
    """Waits for a client only as one of ``newcomers`` or, once it has had an answer, of ``regulars``; gunicorn itself bounds neither."""

    def init_process(self) -> None:
        # gunicorn would look 20 of them up for each request
        self.cfg.__dict__.update((name, found.get()) for name, found in self.cfg.settings.items())
        self.newcomers, self.regulars, self._leaving = Senders(self.app.slowest), Senders(self.app.slowest), Event()
        super().init_process()

    def init_signals(self) -> None:
        """Ctrl-C is as gentle as SIGTERM; gunicorn itself would drop the requests under way."""
        super().init_signals()
        signal.signal(signal.SIGINT, self.handle_exit)

    def handle_exit(self, *_: Any) -> None:
        self.alive = False
        self._leaving.set()

    def run(self) -> None:
        """Serve until told to leave, then finish what is under way."""
        given: Parts = self.wsgi.extensions["pushrail"]
        watch(self.newcomers, self.regulars, given.bodies)
        keep_flushing(given.spool)
        clients = Pool(CLIENTS)
        servers = [self._serving(listener, clients) for listener in self.sockets]
        while not self._leaving.wait(_BEAT_SECONDS):
            self.notify()
        for server in servers:
            server.stop_accepting()  # not close: gunicorn asks the listener for its name once a client is served
        self._see_off(given, clients)

    def _serving(self, listener: Any, clients: Pool) -> StreamServer:
        server = StreamServer(listener, partial(self.handle, listener), spawn=clients)
        server.max_accept = 1  # the next client is another worker's, if that has time for it
        server.start()
        return server

    def _see_off(self, given: Parts, clients: Pool) -> None:
        """Who waits for news or has nothing under way goes at once; what came in the last second is written, or it would be forgotten."""
        given.viewers.close()
        self.regulars.close()
        clients.join(NEWCOMER_SECONDS)
        self.newcomers.close()
        clients.join(self.cfg.graceful_timeout)
        with suppress(StoreUnavailable):
            given.spool.flush()

    def timeout_ctx(self) -> Any:
        """gunicorn's own limit of a head; ours is kept by ``watch``."""
        return nullcontext()

    def handle(self, listener: Any, wire: Any, address: Any) -> None:
        """Read heads and have them answered until the client or an answer says that it is the last one."""
        wire = Wire(wire.family, wire.type, wire.proto, wire.detach())
        self.newcomers.enter(wire)
        try:
            super().handle(listener, wire, address)
        finally:
            self._leave(wire)

    def handle_request(self, listener_name: Any, req: Any, wire: Any, address: Any) -> None:
        """The head is there; what is awaited afterwards is the rest of a body that nobody read, and the next head."""
        self._leave(wire)
        wire.keep()
        try:
            super().handle_request(listener_name, req, wire, address)
        finally:
            self._answered(wire)

    def _answered(self, wire: Wire) -> None:
        try:
            wire.flush()
        finally:
            self.regulars.enter(wire)

    def _leave(self, wire: Any) -> None:
        self.newcomers.leave(wire)
        self.regulars.leave(wire)
