"""How an app stands in the gateway: frozen values, and their JSON. Decides nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from worker.gateway.desired import Release, parse_release


class State(StrEnum):
    """How a replica stands. Only READY ones get new connections."""

    STARTING = "starting"
    READY = "ready"
    UNREADY = "unready"  # was ready, then its readiness failed
    FAILED = "failed"  # ended more than once; waits before it is started again
    WAITING = "waiting"  # what should run it does not answer, which says nothing about the release
    DRAINING = "draining"


@dataclass(frozen=True, slots=True)
class ReplicaStatus:
    """One replica.

    Args:
        id: grows with every replica of the app.
        current: whether it is of the release that should serve.
        name: id of its process or name of its container, None while it has none.
        port: of 127.0.0.1, where that answers.
        restarts: how often it was started again.
        exit_code: of the start before, negative for a signal of a process; None when none has ended.
        reason: why it is not ready, in words.
        log: path of its output.
    """

    id: int
    image: str
    current: bool
    state: State
    name: str | None = None
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
        release: what should serve, ``wanted`` in how many replicas.
        complete: all wanted replicas of it are ready and no other is in the pool.
        bad: its run has found it bad.
    """

    app: str
    port: int
    generation: int
    run: str
    fence: int
    release: Release
    wanted: int
    complete: bool
    replicas: tuple[ReplicaStatus, ...]
    bad: bool = False

    @property
    def image(self) -> str:
        return self.release.image

    @property
    def current(self) -> tuple[ReplicaStatus, ...]:
        """The replicas that are of the release and to stay."""
        return tuple(replica for replica in self.replicas if replica.current and replica.state is not State.DRAINING)


def parse(given: Mapping[str, Any]) -> AppStatus:
    """Read what ``dataclasses.asdict`` of an AppStatus became in JSON."""
    replicas = tuple(ReplicaStatus(**{**replica, "state": State(replica["state"])}) for replica in given["replicas"])
    return AppStatus(**{**given, "release": parse_release(given["release"]), "replicas": replicas})
