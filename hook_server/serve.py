"""The hook server as a process: gunicorn, one worker, threads. Holds no rule of requests."""

import signal
import socket
from collections.abc import Callable
from contextlib import suppress
from types import FrameType
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.workers.gthread import ThreadWorker

from hook_server import create_app
from hook_server.parts import Parts
from hook_server.senders import SLOWEST, Senders, watch
from pipeline.settings import Settings
from pipeline.spec import load

THREADS = 96
"""More than ``senders.MOST`` heads, as many bodies and ``parts.READERS`` log readers hold together: one is always free for an answer."""

LINGER_SECONDS = 2.0
"""How long a client may take to hang up after its last answer; as long as gunicorn gives it."""

GRACE_SECONDS = 15


def serve(settings: Settings, host: str, port: int, *, slowest: float = SLOWEST) -> None:
    """Serve until SIGTERM or SIGINT; requests under way are finished first.

    Args:
        slowest: seconds within which a request's head must have come, and then its body.

    Raises:
        SpecError: pipeline.yaml is wrong.
        SettingsError: a secret is empty or not set.
    """
    create_app(settings, load(settings.config))  # what is wrong is told here, once, and not by a worker that starts again and again
    _Arbiter(_Server(settings, f"{host}:{port}", slowest)).run()


class _Server(BaseApplication):  # type: ignore[misc]
    """How gunicorn asks for its configuration and for the app, which each worker makes after its fork."""

    def __init__(self, settings: Settings, bind: str, slowest: float) -> None:
        self._settings, self._bind, self.slowest = settings, bind, slowest
        super().__init__()

    def load_config(self) -> None:
        for name, value in {
            "bind": self._bind,
            "worker_class": _Worker,
            "workers": 1,
            "threads": THREADS,
            "graceful_timeout": GRACE_SECONDS,
            "control_socket_disable": True,
            "accesslog": None,
            "loglevel": "warning",
            "proc_name": "pushrail-hook-server",
            "post_worker_init": _prepare,
        }.items():
            if name in self.cfg.settings:  # older releases have no control socket to switch off
                self.cfg.set(name, value)

    def load(self) -> Flask:
        return create_app(self._settings, load(self._settings.config), slowest=self.slowest)


class _Arbiter(Arbiter):  # type: ignore[misc]
    def handle_int(self) -> None:
        """Ctrl-C is as gentle as SIGTERM; gunicorn itself would drop the requests under way."""
        self.handle_term()


class _Worker(ThreadWorker):  # type: ignore[misc]
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


def _prepare(worker: Any) -> None:
    """Watch senders, and send log readers home at the end: one that waits would hold a stop up for its whole wait."""
    given: Parts = worker.wsgi.extensions["pushrail"]
    watch(worker.heads, given.bodies)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _then(given.closing.set, worker.handle_exit))


def _then(first: Callable[[], None], second: Callable[[int, FrameType | None], None]) -> Callable[[int, FrameType | None], None]:
    def handle(number: int, frame: FrameType | None) -> None:
        first()
        second(number, frame)

    return handle


def main() -> None:
    """Serve on this machine alone, with the settings of the environment."""
    serve(Settings.from_env(), "127.0.0.1", 8080)


if __name__ == "__main__":
    main()
