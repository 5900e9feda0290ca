"""What this process counts of requests to the webhook addresses. Knows no request; what Redis counts is in ``pipeline.tally``.

Several worker processes count each into files of a folder that they share, as prometheus_client has it:
https://prometheus.github.io/client_python/multiprocess/
"""

import atexit
import os
import shutil
import tempfile
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Histogram, disable_created_metrics, values
from prometheus_client.multiprocess import MultiProcessCollector

from pipeline.delivery import Outcome, Received
from pipeline.settings import export

BOUNDS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Seconds; GitHub hangs up after 10."""

disable_created_metrics()  # type: ignore[no-untyped-call]  # when counting began: a series for each that nobody asks for, and that several processes cannot tell


class Meters:
    """Every method may be called from any thread, and takes a few microseconds.

    Args:
        folder: what ``shared`` made, where worker processes count together; None where there is but this one.
    """

    def __init__(self, folder: Path | None) -> None:
        # prometheus_client asks once, when it is imported, whether processes share; here it depends on who counts
        values.ValueClass = values.MultiProcessValue() if folder else values.MutexValue  # type: ignore[no-untyped-call]
        registry = CollectorRegistry()
        self.told = CollectorRegistry() if folder else registry
        if folder:
            MultiProcessCollector(self.told, str(folder))  # type: ignore[no-untyped-call]
        deliveries = Counter(
            "pushrail_deliveries",
            "Authenticated deliveries by what they came to, once for each app they concern.",
            ("forge", "event", "outcome"),
            registry=registry,
        )
        self._deliveries_of = cache(deliveries.labels)  # which writes every label anew and takes a lock, each time
        self._forgeries = Counter(
            "pushrail_signature_failures",
            "Requests to a webhook address that no configured secret signed.",
            ("forge", "reason"),
            registry=registry,
        )
        self._refused = Counter(
            "pushrail_refused_deliveries",
            "Requests to a webhook address that were answered with an error; 429 is the limit of forgeries.",
            ("status",),
            registry=registry,
        )
        self._seconds = Histogram(
            "pushrail_delivery_duration_seconds",
            "Seconds from a request's head to its answer, of all requests to a webhook address.",
            buckets=BOUNDS,
            registry=registry,
        )

    def delivered(self, received: Received, outcomes: Iterable[Outcome]) -> None:
        event = "push" if received.push else "ping" if received.event == "ping" else "other"
        for outcome in outcomes:
            self._deliveries_of(received.forge, event, outcome.outcome).inc()

    def forged(self, forge: str, reason: str) -> None:
        self._forgeries.labels(forge, reason).inc()

    def answered(self, status: int, seconds: float) -> None:
        self._seconds.observe(seconds)
        if status >= 400:
            self._refused.labels(str(status)).inc()


def shared() -> Path:
    """Make a folder in which this process and those it forks count together; it goes when this process ends.

    A worker that ended leaves its figures there: what was counted stays counted, for as long as the server runs.
    """
    folder, owner = Path(tempfile.mkdtemp(prefix="pushrail-metrics-")), os.getpid()
    export("PROMETHEUS_MULTIPROC_DIR", str(folder))  # prometheus_client is told in no other way
    atexit.register(_remove, folder, owner)
    return folder


def _remove(folder: Path, owner: int) -> None:
    if os.getpid() == owner:  # and not a worker, which is forked with all that its master has registered
        shutil.rmtree(folder)
