"""The hook server as a process: gunicorn, one worker, threads. Holds no rule of requests."""

import signal
import socket
import struct
from collections.abc import Callable
from types import FrameType
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter

from hook_server import create_app
from hook_server.parts import Parts
from pipeline.settings import Settings
from pipeline.spec import load

THREADS = 32
SILENCE_SECONDS = 20
"""How long a client may send nothing in the middle of a request before its thread is taken back."""

GRACE_SECONDS = 15


def serve(settings: Settings, host: str, port: int) -> None:
    """Serve until SIGTERM or SIGINT; requests under way are finished first.

    Raises:
        SpecError: pipeline.yaml is wrong.
        SettingsError: a secret is empty or not set.
    """
    create_app(settings, load(settings.config))  # what is wrong is told here, once, and not by a worker that starts again and again
    _Arbiter(_Server(settings, f"{host}:{port}")).run()


class _Server(BaseApplication):  # type: ignore[misc]
    """How gunicorn asks for its configuration and for the app, which each worker makes after its fork."""

    def __init__(self, settings: Settings, bind: str) -> None:
        self._settings, self._bind = settings, bind
        super().__init__()

    def load_config(self) -> None:
        for name, value in {
            "bind": self._bind,
            "worker_class": "gthread",
            "workers": 1,
            "threads": THREADS,
            "graceful_timeout": GRACE_SECONDS,
            "control_socket_disable": True,
            "accesslog": None,
            "loglevel": "warning",
            "proc_name": "pushrail-hook-server",
            "when_ready": _bound_silence,
            "post_worker_init": _send_readers_home,
        }.items():
            if name in self.cfg.settings:  # older releases have no control socket to switch off
                self.cfg.set(name, value)

    def load(self) -> Flask:
        return create_app(self._settings, load(self._settings.config))


class _Arbiter(Arbiter):  # type: ignore[misc]
    def handle_int(self) -> None:
        """Ctrl-C is as gentle as SIGTERM; gunicorn itself would drop the requests under way."""
        self.handle_term()


def _bound_silence(server: Any) -> None:
    """Accepted sockets inherit the bound; gunicorn itself waits for the rest of a request for ever, and 32 such clients would be all."""
    for listener in server.LISTENERS:
        listener.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", SILENCE_SECONDS, 0))


def _send_readers_home(worker: Any) -> None:
    """A log reader that waits would hold a stop up for its whole wait."""
    given: Parts = worker.wsgi.extensions["pushrail"]
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
