"""What Redis counts: figures that are right across machines and restarts, because the scripts that make them true count them.

Key: ``tally``, a hash of ``what app …`` → number. What a run's steps took stands there as a histogram, its buckets not yet summed up.
"""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import orjson

from pipeline.connection import PREFIX, Client, available
from pipeline.model import Run, Status, StepResult

BOUNDS = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0)
"""Upper bounds of a step's seconds: a pull takes one, a training an hour."""

BEYOND = "+Inf"

Figure = tuple[str, float]


@dataclass(frozen=True, slots=True)
class Standing:
    """How an app stands now.

    Args:
        running: runs that a worker has begun.
        queued: runs that wait for their turn or for a worker.
        oldest: when the oldest of these was accepted, in Unix seconds; None when there is none.
        delivered_at: when the last authenticated delivery for this app came, in Unix seconds; None when there was none.
    """

    running: int
    queued: int
    oldest: float | None
    delivered_at: float | None


class Tally:
    """Every method raises StoreUnavailable when Redis does not serve."""

    def __init__(self, redis: Client) -> None:
        self._redis = redis

    def figures(self) -> Mapping[tuple[str, ...], float]:
        """All that was ever counted, by the words of its name."""
        with available():
            held = self._redis.hgetall(f"{PREFIX}tally")
        return {tuple(name.decode().split(" ")): float(value) for name, value in held.items()}

    def standing(self, app: str) -> Standing:
        asked = self._redis.pipeline(transaction=False)
        asked.hmget(f"{PREFIX}app:{app}", "active", "delivered_at").zrange(f"{PREFIX}pending:{app}", 0, 0).zcard(f"{PREFIX}pending:{app}")
        with available():
            (active, delivered_at), first, waiting = asked.execute()
            status, record = self._redis.hmget(_run(active), "status", "record") if active else (None, None)
            begun = not active or status != b"queued"
            oldest = record if not begun else self._redis.hget(_run(first[0]), "record") if first else None
        return Standing(
            running=int(status == b"running"),
            queued=waiting + (not begun),
            oldest=orjson.loads(oldest)["created_at"] if oldest else None,
            delivered_at=float(delivered_at) if delivered_at else None,
        )


def ended(run: Run) -> Sequence[Figure]:
    """What is to be counted of a run that ends: the seconds of each step that did something, and a rollback."""
    done = [step for step in run.steps if step.finished_at is not None and step.status is not Status.SKIPPED]
    rollbacks = [(f"rolled_back {run.app} {step.status}", 1.0) for step in done if step.name == "rollback"]
    return [*rollbacks, *(figure for step in done for figure in _seconds(run.app, step))]


def _seconds(app: str, step: StepResult) -> Sequence[Figure]:
    took = max((step.finished_at or 0.0) - step.started_at, 0.0)
    place = bisect_left(BOUNDS, took)
    bound = str(BOUNDS[place]) if place < len(BOUNDS) else BEYOND
    return [(f"step_bucket {app} {step.name} {bound}", 1.0), (f"step_sum {app} {step.name}", took)]


def _run(name: bytes) -> str:
    return f"{PREFIX}run:{name.decode()}"
