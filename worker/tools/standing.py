"""How an app stands in the gateway, in words for a run's log and its verdict. Pure."""

from collections.abc import Sequence

from worker.gateway.status import AppStatus, ReplicaStatus, State


def progress(status: AppStatus) -> str:
    """How many replicas of the release are ready, and how many others still serve."""
    ready = sum(replica.state is State.READY for replica in status.current)
    others = sum(not replica.current and replica.state is not State.DRAINING for replica in status.replicas)
    return f"{ready} of {status.wanted} replicas ready" + (f", {others} of the release before still serve" if others else "")


def worst(status: AppStatus) -> ReplicaStatus | None:
    """The replica of the release that tells most of what is wrong; None when there is none at all."""
    return min(status.current, key=lambda it: (it.state is not State.FAILED, it.state is State.READY, -it.restarts), default=None)


def story(replica: ReplicaStatus, lines: Sequence[str]) -> str:
    """Why it is not ready or was started again, with the last lines it wrote."""
    reason = replica.reason or f"started again {replica.restarts} times, exit code before was {replica.exit_code}"
    return "\n".join((f"replica {replica.id}: {reason}", *(("its last lines:",) if lines else ()), *lines))
