"""The gateway's durations, all in seconds. Holds nothing else."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Timing:
    """How long the gateway waits for what.

    Args:
        probe: between two looks at a replica that is not ready yet.
        watch: between two looks at one that is.
        answer: for an answer to a look.
        rest: how long a connection must be quiet for a drain not to wait for it. As long as common servers keep an idle connection
            (gunicorn 2, uvicorn 5), so that who comes back later than this was used to finding it closed.
        drain: for connections to end or come to rest, before SIGTERM.
        grace: from SIGTERM to SIGKILL.
        wait: of a client for a replica to become ready.
        stop: from SIGTERM of the gateway to SIGKILL of its replicas.
    """

    probe: float = 0.15
    watch: float = 1.0
    answer: float = 2.0
    rest: float = 5.0
    drain: float = 15.0
    grace: float = 30.0
    wait: float = 5.0
    stop: float = 4.0


def back_off(crashes: int) -> float:
    """Seconds before a replica is started again after so many crashes in a row: none after the first, then 1 doubling to 30.

    A kubelet waits 0, then 10 doubling to 300.
    """
    return 0.0 if crashes < 2 else min(2.0 ** (crashes - 2), 30.0)
