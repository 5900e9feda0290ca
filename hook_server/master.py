"""gunicorn's master process: it has the app in each version that loads, and workers of the newest. Answers no request."""

import gc
import logging
import signal
from collections.abc import Callable
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from prometheus_client.multiprocess import mark_process_dead

from hook_server import create_app
from hook_server.files import Files
from hook_server.greenlets import Greenlets
from hook_server.meters import shared
from pipeline import secrets
from pipeline.errors import PushrailError
from pipeline.settings import Settings
from pipeline.spec import load

GRACE_SECONDS = 15
LOOK_SECONDS = 0.5
logger = logging.getLogger(__name__)


class Site(BaseApplication):  # type: ignore[misc]
    """How gunicorn asks for its configuration and for the app, which is made before the fork and has connected to nothing then.

    Raises:
        SpecError: pipeline.yaml is wrong.
        SettingsError: a secret is empty, not set or short.
    """

    def __init__(self, settings: Settings, bind: str, slowest: float, workers: int) -> None:
        self._settings, self._bind, self.slowest, self._workers = settings, bind, slowest, workers
        self._shared = shared()
        super().__init__()
        self.load_all()

    def load_config(self) -> None:
        for name, value in {
            "bind": self._bind,
            "worker_class": Greenlets,
            "workers": self._workers,
            "graceful_timeout": GRACE_SECONDS,
            # forwarding headers are read by ProxyFix alone, as many as PUSHRAIL_PROXIES says: gunicorn itself takes none of them from
            # anybody, and "*" keeps it from looking each client's address up for that
            "secure_scheme_headers": {},
            "forwarder_headers": "",
            "forwarded_allow_ips": "*",
            "control_socket_disable": True,
            "accesslog": None,
            "loglevel": "warning",
            "proc_name": "pushrail-hook-server",
            "child_exit": _forget,
        }.items():
            if name in self.cfg.settings:  # older releases have no control socket to switch off
                self.cfg.set(name, value)

    def load_all(self) -> None:
        """Take pipeline.yaml and every secret as they are now, or raise and stay as it was."""
        spec = load(self._settings.config)
        files = Files(secrets.files(self._settings, spec))
        self._take(create_app(self._settings, spec, secrets.read(self._settings, spec), slowest=self.slowest, shared=self._shared))
        self._spec, self._files = spec, files

    def secrets_changed(self) -> bool:
        return self._files.changed()

    def load_secrets(self) -> None:
        """Take the secrets as they are now, without those that are lost."""
        found, wrong = secrets.reread(self._settings, self._spec)
        for said in wrong:
            logger.error("a secret is lost, and what it signed is answered with 503: %s", said)
        self._take(create_app(self._settings, self._spec, found, slowest=self.slowest, shared=self._shared))

    def _take(self, app: Flask) -> None:
        """For the workers that are made from now on, with which it shares its memory: garbage collection would write into all of it."""
        self.callable = app
        gc.collect()
        gc.freeze()


def _forget(_: Arbiter, worker: Any) -> None:
    mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]


class Master(Arbiter):  # type: ignore[misc]
    def handle_int(self) -> None:
        """Ctrl-C is as gentle as SIGTERM; gunicorn itself would drop the requests under way."""
        self.handle_term()

    def wait_for_signals(self, timeout: float = LOOK_SECONDS) -> Any:
        """Meanwhile look whether a secret was replaced."""
        found = super().wait_for_signals(min(timeout, LOOK_SECONDS))
        if signal.SIGTERM not in found and self.app.secrets_changed():
            self._renew(self.app.load_secrets, "secrets were read again")
        return found

    def reload(self) -> None:
        """SIGHUP: what gunicorn does here besides is for settings of its own, of which there are none, and keeps it deaf meanwhile."""
        self._renew(self.app.load_all, "pipeline.yaml and secrets were read again")

    def _renew(self, load: Callable[[], None], done: str) -> None:
        """New workers in place of the ones there are, which finish what they are at; or, where it does not load, none."""
        try:
            load()
        except PushrailError as error:
            logger.error("nothing is read again, the server goes on as it was: %s", error)
            return
        for _ in range(self.num_workers):
            self.spawn_worker()
        self.manage_workers()
        logger.info("%s", done)
