"""The reaper: puts runs whose worker died back into the queue, however busy workers are.

Any number of reapers may look at once: each act is one script, and the second to come finds nothing to do.
"""

import logging

from pipeline.store import Store

EVERY_SECONDS = 2.0
logger = logging.getLogger(__name__)


def reap(store: Store, now: float) -> None:
    """One look at every app; ``now`` is Unix seconds."""
    for app in store.apps():
        if (done := store.reap(app, now)) != "alive":
            logger.warning("%s: the run whose worker died was %s", app, done)
