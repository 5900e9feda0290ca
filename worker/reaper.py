"""The reaper: puts runs whose worker died back into the queue. A process of its own, so that busy workers cannot keep it waiting.

Any number of reapers may run: each act is one script, and the second to come finds nothing to do.
"""

import logging
import signal
import threading
import time

from pipeline.connection import patient
from pipeline.settings import Settings
from pipeline.store import Store

EVERY_SECONDS = 2.0
logger = logging.getLogger(__name__)


def look_after(store: Store, now: float) -> dict[str, str]:
    """One look at every app; what was done, by app, where anything was."""
    looked = {app: store.reap(app, now) for app in store.apps()}
    return {app: done for app, done in looked.items() if done != "alive"}


def main() -> None:
    """Look every 2 seconds until SIGTERM or SIGINT."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s reaper %(levelname)s %(message)s")
    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    store = Store(patient(Settings.from_env().redis_url))
    while not stop.wait(EVERY_SECONDS):
        for app, done in look_after(store, time.time()).items():
            logger.warning("%s: the run whose worker died was %s", app, done)


if __name__ == "__main__":
    main()
