"""RQ as an alarm clock: the one job that wakes a worker for a run. Knows nothing of what a run is; only its id crosses the queue.

The truth about runs is in the store. RQ's own retries, dependencies and registries are not used, since they lose or double work when a
worker dies.
"""

from enum import Enum

import orjson
from redis import Redis
from rq.job import Job, JobStatus
from rq.serializers import JSONSerializer
from rq.utils import now, utcformat

QUEUE = "pushrail"
PERFORM = "worker.jobs.perform"
KEPT_SECONDS = 86_400


def job(run: str, attempt: int) -> tuple[str, bytes]:
    """Describe the job for one attempt at a run, for a script to write down.

    Args:
        run: the run's id.
        attempt: 1 for the first.

    Returns:
        The job's id, and the fields of its hash: JSON, a flat list of field, value, …
    """
    called = orjson.dumps((PERFORM, None, (run,), {})).decode()
    own = ("created_at", utcformat(now()), "data", called, "description", f"run {run}")
    return f"{run}-{attempt}", orjson.dumps((*own, *_ALIKE))


def _alike() -> tuple[str, ...]:
    """What all jobs have in common, as RQ writes it; only what is its own is written here, for RQ takes 20 µs to describe a job anew."""
    described = Job.create(
        PERFORM,
        connection=Redis(),  # only named to RQ; nothing is sent
        origin=QUEUE,
        timeout=-1,  # the runner's own limits count; RQ's would kill without cleaning up
        result_ttl=KEPT_SECONDS,
        failure_ttl=KEPT_SECONDS,
        status=JobStatus.QUEUED,
        serializer=JSONSerializer,
    )
    fields = {name: _as_written(value) for name, value in described.to_dict().items() if name not in ("created_at", "data", "description")}
    return tuple(part for name, value in fields.items() if value for part in (name, value))


def _as_written(value: object) -> str:
    """The way redis-py would write it: an enumeration by its value, not by its name."""
    return str(value.value if isinstance(value, Enum) else value)


_ALIKE = _alike()
