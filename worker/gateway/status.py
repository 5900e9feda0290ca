"""How an app stands in the gateway: frozen values, and their JSON. Decides nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class State(StrEnum):
    """How a replica stands. Only READY ones get new connections."""

    STARTING = "starting"
    READY = "ready"
    UNREADY = "unready"  # was ready, then its readiness failed
    FAILED = "failed"  # ended more than once; waits before it is started again
    DRAINING = "draining"


@dataclass(frozen=True, slots=True)
class ReplicaStatus:
    """One replica.

    Args:
        id: grows with every replica of the app.
        pid: of its process, None while it has none.
        port: where its process listens.
        restarts: how often its process was started again.
        exit_code: of the process before, negative for a signal; None when none has ended.
        reason: why it is not ready, in words.
        log: path of its output.
    """

    id: int
    image: str
    state: State
    pid: int | None = None
    port: int | None = None
    restarts: int = 0
    exit_code: int | None = None
    reason: str = ""
    log: str = ""


@dataclass(frozen=True, slots=True)
class AppStatus:
    """One app.

    Args:
        generation: grows with every release applied.
        run: id of the run that applied last, ``fence`` its fence.
        image: what should serve, ``wanted`` in how many replicas.
        complete: all wanted replicas of ``image`` are ready and no other is in the pool.
    """

    app: str
    port: int
    generation: int
    run: str
    fence: int
    image: str
    wanted: int
    complete: bool
    replicas: tuple[ReplicaStatus, ...]


def parse(given: Mapping[str, Any]) -> AppStatus:
    """Read what ``dataclasses.asdict`` of an AppStatus became in JSON."""
    replicas = tuple(ReplicaStatus(**{**replica, "state": State(replica["state"])}) for replica in given["replicas"])
    return AppStatus(**{**given, "replicas": replicas})
