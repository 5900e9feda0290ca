"""How long a container may take to end, and how long it needs. Pure: read from a pod's raw spec.

https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-termination: preStop runs within the grace period, before SIGTERM.
"""

import re
from dataclasses import dataclass

from worker.observation import Raw

GUNICORN_SECONDS = 30.0
"""gunicorn's own --graceful-timeout; as long as Kubernetes' own grace period, which also has to hold preStop."""

SPARE_SECONDS = 5.0
UNITS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0}


@dataclass(frozen=True, slots=True)
class Shutdown:
    """All in seconds.

    Args:
        grace: from the pod's end being asked for until it is killed.
        pre_stop: waited before SIGTERM; 0 without such a hook, None when the hook does not tell.
        graceful: from SIGTERM until requests under way are given up.
        known: whether the container tells ``graceful``; else it is gunicorn's own.
    """

    grace: float
    pre_stop: float | None
    graceful: float
    known: bool

    @property
    def least(self) -> float:
        """The shortest grace period in which all of it fits."""
        return (self.pre_stop or 0.0) + self.graceful + SPARE_SECONDS


def read_shutdown(pod: Raw, container: Raw, graceful: float | None = None) -> Shutdown:
    """Read it from a pod's spec and the container of it that serves; ``graceful`` is what it does not tell and the operator does."""
    told = _graceful(container) if graceful is None else graceful
    grace = pod.get("terminationGracePeriodSeconds")
    hook = (container.get("lifecycle") or {}).get("preStop") or {}
    return Shutdown(30.0 if grace is None else grace, _waits(hook), GUNICORN_SECONDS if told is None else told, told is not None)


def _waits(hook: Raw) -> float | None:
    if "sleep" in hook:
        return float(hook["sleep"]["seconds"])
    command = " ".join((hook.get("exec") or {}).get("command") or ())
    slept = re.findall(r"\bsleep[\s(]+([0-9]+(?:\.[0-9]+)?)([smh]?)\b", command)
    if slept:
        return sum(float(number) * UNITS[unit] for number, unit in slept)
    return None if hook else 0.0


def _graceful(container: Raw) -> float | None:
    """From the command line, which beats the variable (gunicorn, "Configuration Overview"); uvicorn has another word for it."""
    variables = {found["name"]: str(found.get("value") or "") for found in container.get("env") or ()}
    words = " ".join([*(container.get("command") or ()), *(container.get("args") or ())])
    for text in (words, variables.get("GUNICORN_CMD_ARGS", "")):
        if found := re.search(r"--(?:graceful-timeout|timeout-graceful-shutdown)[\s=]+([0-9]+)", text):
            return float(found[1])
    return None
