"""The hook server as processes: gunicorn's master and, for each core, a worker with threads. Holds no rule of requests."""

import gc
import os

from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter

from hook_server import create_app
from hook_server.senders import SLOWEST
from hook_server.threads import THREADS, Threads, flush, prepare
from pipeline.settings import Settings
from pipeline.spec import load

MOST_WORKERS = 4
GRACE_SECONDS = 15


def serve(settings: Settings, host: str, port: int, *, slowest: float = SLOWEST, workers: int | None = None) -> None:
    """Serve until SIGTERM or SIGINT; requests under way are finished first.

    Args:
        slowest: seconds within which a request's head must have come, and then its body.
        workers: processes; as many as there are cores to use, and 4 at most, when it is not said.

    Raises:
        SpecError: pipeline.yaml is wrong.
        SettingsError: a secret is empty or not set.
    """
    app = create_app(settings, load(settings.config), slowest=slowest)
    _Arbiter(_Server(app, f"{host}:{port}", slowest, workers or min(_cores(), MOST_WORKERS))).run()


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class _Server(BaseApplication):  # type: ignore[misc]
    """How gunicorn asks for its configuration and for the app, which is made before the fork and has connected to nothing then."""

    def __init__(self, app: Flask, bind: str, slowest: float, workers: int) -> None:
        self._bind, self.slowest, self._workers = bind, slowest, workers
        super().__init__()
        self.callable = app

    def load_config(self) -> None:
        for name, value in {
            "bind": self._bind,
            "worker_class": Threads,
            "workers": self._workers,
            "threads": THREADS,
            "graceful_timeout": GRACE_SECONDS,
            # forwarding headers are read by ProxyFix alone, as many as PUSHRAIL_PROXIES says
            "forwarded_allow_ips": "",
            "secure_scheme_headers": {},
            "forwarder_headers": "",
            "control_socket_disable": True,
            "accesslog": None,
            "loglevel": "warning",
            "proc_name": "pushrail-hook-server",
            "when_ready": _share,
            "post_worker_init": prepare,
            "worker_exit": flush,
        }.items():
            if name in self.cfg.settings:  # older releases have no control socket to switch off
                self.cfg.set(name, value)


class _Arbiter(Arbiter):  # type: ignore[misc]
    def handle_int(self) -> None:
        """Ctrl-C is as gentle as SIGTERM; gunicorn itself would drop the requests under way."""
        self.handle_term()


def _share(_: Arbiter) -> None:
    """Leave what there is now out of garbage collection, which writes into every object and so would copy it into each worker."""
    gc.collect()
    gc.freeze()


def main() -> None:
    """Serve on this machine alone, with the settings of the environment."""
    serve(Settings.from_env(), "127.0.0.1", 8080)


if __name__ == "__main__":
    main()
