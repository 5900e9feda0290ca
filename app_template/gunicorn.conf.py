"""How gunicorn runs the service, in a container and out of one.

On SIGTERM readiness goes false at once and the worker goes on accepting for DRAIN_SECONDS, while whoever sends requests takes notice;
then it stops accepting and finishes what is in flight. Where something else waits before SIGTERM (preStop in ``k8s/``), set it to 0.
"""

import os
import signal
from types import FrameType
from typing import Any

DRAIN_SECONDS = float(os.environ.get("DRAIN_SECONDS", "1"))
REQUEST_SECONDS = 15  # longest a request in flight is waited for

bind = f"0.0.0.0:{os.environ.get('PORT', '8080')}"
worker_class = "gthread"
threads = 8
preload_app = True  # a model that cannot be loaded ends the start before the port is open
graceful_timeout = int(DRAIN_SECONDS) + REQUEST_SECONDS
keepalive = 65  # seconds; longer than the idle time of common proxies (60), so that they close first and no request meets a closed door
worker_tmp_dir = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # the heartbeat must not wait for a disk
control_socket_disable = True


def post_worker_init(worker: Any) -> None:
    """Put the drain before gunicorn's own SIGTERM handling; the timer's signal then arrives where the first one would have."""

    def drain(_signal: int, _frame: FrameType | None) -> None:
        worker.wsgi.config["NOT_READY"] = "draining"
        signal.setitimer(signal.ITIMER_REAL, max(DRAIN_SECONDS, 0.001))

    signal.signal(signal.SIGALRM, worker.handle_exit)
    signal.signal(signal.SIGTERM, drain)
