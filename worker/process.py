"""The RQ worker process: it holds the lease of the run its child works on, and its child dies with it.

RQ supervises and wakes; who has which run is said by the lease alone.
"""

import logging
import os
import socket
import time
from types import FrameType
from typing import Any

from rq import Queue, Worker
from rq.command import parse_payload
from rq.job import Job
from rq.serializers import JSONSerializer

from pipeline import logs, wakeup
from pipeline.connection import patient
from pipeline.settings import Settings
from pipeline.spec import load
from pipeline.store import LEASE_SECONDS, Store
from worker import halt, jobs
from worker.mortal import die_with_parent

RENEW_SECONDS = LEASE_SECONDS // 3
HALT_SECONDS = 20
"""How long a child may take to clean up behind it."""

logger = logging.getLogger(__name__)


class LeasedWorker(Worker):
    """One queue, one forked child at a time; the parent renews, so a training that holds the GIL cannot lose the lease."""

    store: Store
    held: str | None = None
    """The run whose lease this worker has, from its first renewal on."""
    run: str | None = None
    """What the child that there is works on, whether it has begun or not."""
    halted_at: float | None = None

    def execute_job(self, job: Job, queue: Queue) -> None:
        self.run, self.halted_at = job.args[0], None
        super().execute_job(job, queue)
        self.run = None

    def handle_payload(self, message: Any) -> None:
        """Beside RQ's own commands: a run was ended from outside, which its child learns at once instead of at the next renewal."""
        told = parse_payload(message)
        if told["command"] != "halt":
            super().handle_payload(message)  # type: ignore[no-untyped-call]
        elif told["run"] == self.run:
            self._halt()

    def _halt(self) -> None:
        """Have the child end by itself; one that has not after a while is killed."""
        child = self.horse_pid
        if self.halted_at is None and child:
            self.halted_at = time.monotonic()
            halt.tell(child)
        elif self.halted_at is not None and time.monotonic() - self.halted_at > HALT_SECONDS:
            self.kill_horse()

    def maintain_heartbeats(self, job: Job) -> None:
        said = self.store.renew(job.args[0], self.name)
        if said == "held":
            self.held = job.args[0]
        elif said == "lost" and self.held == job.args[0]:
            logger.warning("run %s went to another worker; its child here is killed", self.held)
            self.kill_horse()
        elif said == "halted":
            self._halt()
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

    def setup_work_horse_signals(self) -> None:
        super().setup_work_horse_signals()  # type: ignore[no-untyped-call]
        halt.obey()

    def get_heartbeat_ttl(self, job: Job) -> int:
        return LEASE_SECONDS


def main() -> None:
    """Work until SIGTERM; then finish the run under way, or, at a second SIGTERM, leave it to whoever takes over."""
    logs.begin("worker")
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
