"""What Redis knows, as metrics at the time of a scrape. Only of apps that ``pipeline.yaml`` names, so that no request can make a label."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import accumulate, product

from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector

from pipeline.errors import StoreUnavailable
from pipeline.model import Status, Trigger
from pipeline.tally import BEYOND, BOUNDS, Standing, Tally

Figures = Mapping[tuple[str, ...], float]

FINAL = tuple(status for status in Status if status.is_final and status is not Status.SKIPPED)
ENDINGS = (Status.SUCCEEDED, Status.FAILED, Status.ERRORED)
COUNTED = {
    "accepted": ("pushrail_runs_accepted", "Runs that were accepted, by what asked for them.", "trigger", tuple(Trigger)),
    "finished": ("pushrail_runs_finished", "Runs that ended, by how.", "result", FINAL),
    "rolled_back": ("pushrail_rollbacks", "Rollbacks that were carried out, by how they ended.", "result", ENDINGS),
}
"""By the first word of their figures; each is told from 0 on, or the first one would not be seen to be one more."""


class Stored(Collector):
    """Args:
    apps: the names that may be told.
    clock: Unix seconds.
    """

    def __init__(self, tally: Tally, apps: Iterable[str], clock: Callable[[], float]) -> None:
        self._tally, self._apps, self._clock = tally, tuple(apps), clock

    def collect(self) -> Iterator[Metric]:
        try:
            figures = {words: value for words, value in self._tally.figures().items() if words[1] in self._apps}
            standings = {app: self._tally.standing(app) for app in self._apps}
        except StoreUnavailable:
            yield _up(0)
            return
        yield _up(1)
        yield from (_counter(figures, self._apps, what) for what in COUNTED)
        yield _rate_limited(figures, self._apps)
        yield _steps(figures)
        yield from _gauges(standings, self._clock())


def _up(value: int) -> Metric:
    return GaugeMetricFamily(
        "pushrail_redis_up", "Whether Redis answered this scrape; without it only what the server counts is told.", value
    )


def _counter(figures: Figures, apps: Iterable[str], what: str) -> Metric:
    name, told, label, values = COUNTED[what]
    family = CounterMetricFamily(name, told, labels=("app", label))
    for app, value in product(apps, values):
        family.add_metric((app, value), figures.get((what, app, value), 0))
    return family


def _rate_limited(figures: Figures, apps: Iterable[str]) -> Metric:
    told = "Pushes beyond a repository's limit, of which only the newest of each ref waits."
    family = CounterMetricFamily("pushrail_rate_limited_pushes", told, labels=("app",))
    for app in apps:
        family.add_metric((app,), figures.get(("rate_limited", app), 0))
    return family


def _steps(figures: Figures) -> Metric:
    family = HistogramMetricFamily(
        "pushrail_step_duration_seconds", "Seconds that steps took, without skipped ones.", labels=("app", "step")
    )
    bounds = [*map(str, BOUNDS), BEYOND]
    for words, total in sorted(figures.items()):
        if words[0] == "step_sum":
            counts = accumulate(figures.get(("step_bucket", *words[1:], bound), 0.0) for bound in bounds)
            family.add_metric(words[1:], list(zip(bounds, counts, strict=True)), total)
    return family


def _gauges(standings: Mapping[str, Standing], now: float) -> Iterator[Metric]:
    running = GaugeMetricFamily("pushrail_running_runs", "Runs that a worker has begun.", labels=("app",))
    queued = GaugeMetricFamily("pushrail_queued_runs", "Runs that wait for their turn or for a worker.", labels=("app",))
    oldest = GaugeMetricFamily(
        "pushrail_oldest_queued_run_age_seconds", "How long the oldest of these has waited; 0 without one.", labels=("app",)
    )
    told = "When the last authenticated delivery came, in Unix seconds; absent when there was none."
    delivered = GaugeMetricFamily("pushrail_last_delivery_timestamp_seconds", told, labels=("app",))
    for app, standing in standings.items():
        running.add_metric((app,), standing.running)
        queued.add_metric((app,), standing.queued)
        oldest.add_metric((app,), max(now - standing.oldest, 0.0) if standing.oldest is not None else 0.0)
        if standing.delivered_at is not None:
            delivered.add_metric((app,), standing.delivered_at)
    yield from (running, queued, oldest, delivered)
