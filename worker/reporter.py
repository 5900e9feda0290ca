"""The reporter: goes through the event record and has each app's forge told, each app in a thread of its own: a forge that does not answer
delays nobody else's.
"""

import logging
import os
import random
import socket
import threading
import time
from collections.abc import Callable

from pipeline.connection import Client
from pipeline.model import Run
from pipeline.reports import AT_ONCE, Reports
from pipeline.settings import Settings
from pipeline.spec import App, Spec
from pipeline.spec.report import Report
from pipeline.store import Store
from worker.report import Around, tell
from worker.tools import forge

EVERY_SECONDS = 1.0
LATE_SECONDS = 600.0
"""How far back the first reporter of all begins: what happened before is no news."""

logger = logging.getLogger(__name__)


class Reporter:
    """Goes on from where the last one stopped, whichever process that was.

    Args:
        spec: tells pipeline.yaml as it is now.
        clock: Unix seconds.
    """

    def __init__(self, redis: Client, settings: Settings, spec: Callable[[], Spec], clock: Callable[[], float] = time.time) -> None:
        self._reports, self._store = Reports(redis), Store(redis)
        self._settings, self._spec, self._clock = settings, spec, clock
        self._keeper = f"{socket.gethostname()}-{os.getpid()}-{os.urandom(2).hex()}"
        self._telling: dict[str, threading.Thread] = {}

    def round(self) -> None:
        """Note what happened, and have every app told of that has something due and is not being told of."""
        spec = self._spec()
        apps = [app for app in spec.apps.values() if app.report]
        while self._reports.note([app.name for app in apps], self._clock() - LATE_SECONDS) == AT_ONCE:
            pass
        self._telling = {name: thread for name, thread in self._telling.items() if thread.is_alive()}
        for app in apps:
            if app.report and app.name not in self._telling and self._reports.due(app.name):
                self._telling[app.name] = threading.Thread(target=self._tell, args=(app, app.report, spec), daemon=True)
                self._telling[app.name].start()

    def _tell(self, app: App, report: Report, spec: Spec) -> None:
        around = Around(
            store=self._store,
            reports=self._reports,
            keeper=self._keeper,
            send=forge.send,
            token=self._settings.secret,
            hidden=self._settings.hidden(spec),
            page=self._page,
            clock=self._clock,
            noise=random.random,
        )
        try:
            tell(app, report, around)
        except Exception:
            logger.exception("%s: telling its forge failed, and goes on in a moment", app.name)

    def _page(self, run: Run) -> str:
        return f"{self._settings.url}/runs/{run.id}" if self._settings.url else ""
