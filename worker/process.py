"""The RQ worker process: it holds the lease of the run its child works on, and its child dies with it.

RQ supervises and wakes; who has which run is said by the lease alone.
"""

import logging
import os
import socket
from types import FrameType
from typing import Any

from rq import Queue, Worker
from rq.job import Job
from rq.serializers import JSONSerializer

from pipeline import wakeup
from pipeline.connection import patient
from pipeline.settings import Settings
from pipeline.spec import load
from pipeline.store import LEASE_SECONDS, Store
from worker import jobs
from worker.mortal import die_with_parent

RENEW_SECONDS = LEASE_SECONDS // 3
logger = logging.getLogger(__name__)


class LeasedWorker(Worker):
    """One queue, one forked child at a time; the parent renews, so a training that holds the GIL cannot lose the lease."""

    store: Store
    held: str | None = None
    """The run whose lease this worker has, from its first renewal on."""

    def maintain_heartbeats(self, job: Job) -> None:
        said = self.store.renew(job.args[0], self.name)
        if said == "held":
            self.held = job.args[0]
        elif said == "lost" and self.held == job.args[0]:
            logger.warning("run %s went to another worker; its child here is killed", self.held)
            self.kill_horse()
        super().maintain_heartbeats(job)

    def handle_work_horse_killed(self, job: Job, retpid: int | None, ret_val: int | None, rusage: Any) -> None:
        """The child ended without a word; the run is given up at once instead of when the lease runs out."""
        self.store.abandon(job.args[0], self.name, died=True)

    def request_force_stop(self, signum: int, frame: FrameType | None) -> None:
        """Told twice to end: the child is killed, and its run is for whoever takes over, as if this attempt had not been."""
        try:
            super().request_force_stop(signum, frame)
        except SystemExit:
            if self.held:
                self.store.abandon(self.held, self.name, died=False)
            raise

    def main_work_horse(self, job: Job, queue: Queue) -> None:
        die_with_parent()
        super().main_work_horse(job, queue)

    def get_heartbeat_ttl(self, job: Job) -> int:
        return LEASE_SECONDS


def main() -> None:
    """Work until SIGTERM; then finish the run under way, or, at a second SIGTERM, leave it to whoever takes over."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s worker %(levelname)s %(message)s")
    settings = Settings.from_env()
    load(settings.config)  # a broken file is told at start, not at the first push
    assert f"{jobs.__name__}.perform" == wakeup.PERFORM
    connection = patient(settings.redis_url)
    worker = LeasedWorker(
        [Queue(wakeup.QUEUE, connection=connection, serializer=JSONSerializer)],
        name=f"{socket.gethostname()}-{os.getpid()}-{os.urandom(2).hex()}",
        connection=connection,
        serializer=JSONSerializer,
        worker_ttl=60,
        job_monitoring_interval=RENEW_SECONDS,
    )
    worker.store = Store(patient(settings.redis_url))
    worker.work(logging_level="WARNING")


if __name__ == "__main__":
    main()
