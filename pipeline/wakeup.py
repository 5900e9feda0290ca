"""RQ as an alarm clock: the one job that wakes a worker for a run. Knows nothing of what a run is; only its id crosses the queue.

The truth about runs is in the store. RQ's own retries, dependencies and registries are not used, since they lose or double work when a
worker dies.
"""

from enum import Enum

from rq.job import Job, JobStatus
from rq.serializers import JSONSerializer

from pipeline.connection import Client

QUEUE = "pushrail"
PERFORM = "worker.jobs.perform"
KEPT_SECONDS = 86_400


def job(redis: Client, run: str, attempt: int) -> tuple[str, list[str | bytes]]:
    """Describe the job for one attempt at a run, for a script to write down.

    Args:
        redis: only named to RQ; nothing is sent.
        run: the run's id.
        attempt: 1 for the first.

    Returns:
        The job's id and the flat field, value, … list of its hash.
    """
    described = Job.create(
        PERFORM,
        args=[run],
        connection=redis,
        id=f"{run}-{attempt}",
        origin=QUEUE,
        timeout=-1,  # the runner's own limits count; RQ's would kill without cleaning up
        result_ttl=KEPT_SECONDS,
        failure_ttl=KEPT_SECONDS,
        status=JobStatus.QUEUED,
        description=f"run {run}",
        serializer=JSONSerializer,
    )
    return described.id, [part for name, value in described.to_dict().items() for part in (name, _as_written(value))]


def _as_written(value: object) -> str | bytes:
    """The way redis-py would write it: an enumeration by its value, not by its name."""
    if isinstance(value, bytes):
        return value
    return str(value.value if isinstance(value, Enum) else value)
