"""What this process has yet to write into Redis: requests that nobody vouched for, and deliveries that came to nothing.

An attack costs Redis one write a second at most, and what came during an outage is in the log afterwards.
"""

import logging
import threading
import time
from collections import Counter, deque
from collections.abc import Sequence

from pipeline.deliveries import Deliveries
from pipeline.delivery import Decision, Received
from pipeline.errors import StoreUnavailable
from pipeline.refusals import KEPT, Refusal, Refusals

logger = logging.getLogger(__name__)

FLUSH_SECONDS = 1.0
MOST_FAILED = 1000


class Spool:
    """Bounded; every method may be called from any thread."""

    def __init__(self, deliveries: Deliveries, refusals: Refusals) -> None:
        self._deliveries, self._refusals = deliveries, refusals
        self._counts: Counter[str] = Counter()
        self._newest: deque[Refusal] = deque(maxlen=KEPT)
        self._failed: deque[tuple[Received, Sequence[Decision]]] = deque(maxlen=MOST_FAILED)
        self._lock, self._writing = threading.Lock(), threading.Lock()

    def refused(self, refusal: Refusal) -> None:
        """Count a request that nobody vouched for."""
        with self._lock:
            self._counts[refusal.reason] += 1
            self._newest.append(refusal)

    def failed(self, received: Received, decisions: Sequence[Decision]) -> None:
        """Remember a delivery that came to nothing; the oldest of too many is forgotten."""
        self._failed.append((received, decisions))

    def flush(self) -> None:
        """Write what there is, unless another thread is at it; StoreUnavailable when Redis cannot take it, and then it stays here."""
        if not self._writing.acquire(blocking=False):
            return
        try:
            self._flush_refused()
            while self._failed:
                self._write(self._failed.popleft())
        finally:
            self._writing.release()

    def _write(self, failed: tuple[Received, Sequence[Decision]]) -> None:
        received, decisions = failed
        try:
            self._deliveries.receive(received, decisions)
        except StoreUnavailable:
            self._failed.appendleft(failed)
            raise

    def _flush_refused(self) -> None:
        with self._lock:
            counts, newest = self._counts, self._newest
            self._counts, self._newest = Counter(), deque(maxlen=KEPT)
        if not counts:
            return
        try:
            self._refusals.add(counts, newest)
        except StoreUnavailable:
            with self._lock:
                self._counts += counts
                self._newest = deque((*newest, *self._newest), KEPT)
            raise


def keep_flushing(spool: Spool) -> None:
    """Flush every second, in a thread of its own, for as long as the process lives."""

    def write() -> None:
        while True:
            time.sleep(FLUSH_SECONDS)
            try:
                spool.flush()
            except StoreUnavailable:
                pass  # the next second may do
            except Exception:  # a defect in one entry must not keep all later ones from being written
                logger.exception("an entry of the log of deliveries could not be written")

    threading.Thread(target=write, name="spool", daemon=True).start()
