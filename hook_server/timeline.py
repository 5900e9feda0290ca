"""A run's steps and metrics as a page draws them: what ran when, what is still to come, candidate against live. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pipeline.model import Run, Status, StepResult
from pipeline.plan import planned
from pipeline.spec import Spec

WAITING = "waiting"
UNREACHED = "unreached"
_LEAST_WIDTH = 0.8


@dataclass(frozen=True, slots=True)
class Row:
    """One step of a run.

    Args:
        state: the step's status; WAITING before its turn, UNREACHED when the run ended before it.
        seconds: how long it took so far, or None before it began.
        left: where its bar begins, in percent of the run's time.
        width: of its bar, in percent.
    """

    name: str
    state: str
    reason: str
    outputs: Mapping[str, str]
    seconds: float | None
    left: float
    width: float


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric of the candidate model; ``live`` and ``change`` are empty when there was no live model."""

    name: str
    candidate: str
    live: str
    change: str


def rows(run: Run, spec: Spec, now: float) -> list[Row]:
    """Every step of the run in order, with what it has come to."""
    app = spec.apps.get(run.app)
    due = [entry.name for entry in planned(app, run)] if app else []
    names = dict.fromkeys([*due, *(result.name for result in run.steps)])
    begin, end = _extent(run.steps, now)
    return [_row(name, run, begin, max(end - begin, 0.001), now) for name in names]


def _extent(results: Iterable[StepResult], now: float) -> tuple[float, float]:
    results = list(results)
    begin = min((result.started_at for result in results), default=now)
    return begin, max((result.finished_at or now for result in results), default=now)


def _row(name: str, run: Run, begin: float, length: float, now: float) -> Row:
    result = run.result(name)
    if result is None:
        return Row(name, UNREACHED if run.status.is_final else WAITING, "", {}, None, 0.0, 0.0)
    seconds = (result.finished_at or now) - result.started_at
    width = 0.0 if result.status is Status.SKIPPED else max(100 * seconds / length, _LEAST_WIDTH)
    left = min(100 * (result.started_at - begin) / length, 100 - width)
    return Row(name, result.status, result.reason, result.outputs, seconds, round(left, 2), round(width, 2))


def metrics(run: Run) -> list[Metric]:
    """What ``evaluate`` measured, candidate beside live."""
    measured = run.outputs("evaluate")
    return [_metric(name, value, measured.get(f"live {name}", "")) for name, value in measured.items() if not name.startswith("live ")]


def _metric(name: str, candidate: str, live: str) -> Metric:
    try:
        change = float(candidate) - float(live)
    except ValueError:
        return Metric(name, candidate, live, "")
    return Metric(name, candidate, live, f"{change:+.4g}" if change else "±0")
