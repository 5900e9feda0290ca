"""The pod table: what in a pod's status means that a release is bad, and how long it must last to mean it. Pure; decides nothing itself.

The sources of the rows are krane (``pod.rb``), the kubelet's back-off rules and the Kubernetes documentation of pod phases and container
states.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain

from worker.observation import Container, Ending, Pod

AT_ONCE = 0.0
CONFIRMED = 10.0
"""Seconds: a registry's hiccup is over by then, and the kubelet has tried again."""

FINAL_WAITS = ("InvalidImageName", "ErrImageNeverPull")
PULL_WAITS = ("ErrImagePull", "ImagePullBackOff", "RegistryUnavailable", "ImageInspectError", "SignatureValidationFailed")
START_WAITS = ("RunContainerError", "CreateContainerError", "StartError", "ContainerCannotRun", "PostStartHookError")
CLEAR_PULL = re.compile(r"not found|manifest unknown|(?<![\w./\"-])(unauthorized|denied)(?![\w./\"-])", re.IGNORECASE)
"""No hiccup of the registry; the words must not be part of an image's name."""
TRANSIENT_CONFIG = re.compile(r"failed to sync .* cache")
CRASHES_TO_FAIL = 2
SIGKILL = 137
CANNOT_EXECUTE = (126, 127)
"""The command is not executable or not there (POSIX shell, 2.8.2): trying again finds the same image."""
NO_COMMAND = re.compile(r"exec: .*(no such file or directory|not found|permission denied)")
"""The same in the words of the runtimes, which do not all give the exit code."""

NODE_FAULTS = (Ending("ContainerCannotRun", 128), Ending("ContainerStatusUnknown", SIGKILL))
"""The runtime could not start it (krane), or the node came back and knew it no longer: no word on the release."""

IMAGE, START, CRASH, UNREADY = "image", "start", "crash", "unready"
ROOM, NODE = CLUSTER = ("room", "node")
"""The sorts of all that is the cluster's doing and none of the release's."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing wrong with one pod.

    Args:
        sort: rows of the table that are one trouble in two guises (ErrImagePull and ImagePullBackOff alternate) share it; those of
            ``CLUSTER`` are not the release's fault.
        patience: seconds it must have lasted before it counts.
        reason: for people.
        previous: the log that tells more is that of the container before the one that runs now.
    """

    pod: str
    pod_name: str
    container: str
    sort: str
    patience: float
    reason: str
    previous: bool = False

    @property
    def key(self) -> tuple[str, str, str]:
        return self.pod, self.container, self.sort

    @property
    def of_cluster(self) -> bool:
        return self.sort in CLUSTER


def troubles(pod: Pod, earlier: Mapping[tuple[str, str], int], grace: float) -> Iterator[Trouble]:
    """What is wrong with a pod now.

    Args:
        earlier: restarts of each (pod, container) that happened before the rollout and say nothing about it.
        grace: seconds a cluster may take to find room.
    """
    yield from _capacity(pod, grace)
    for container in pod.containers:
        yield from chain(_pull(pod, container), _start(pod, container), _crash(pod, container, earlier, grace), _unready(pod, container))


def _capacity(pod: Pod, grace: float) -> Iterator[Trouble]:
    """What the cluster owes the pod. Mounts and sandboxes that fail look as a slow pull does: their causes are in Events alone."""
    if pod.unschedulable:
        yield Trouble(pod.uid, pod.name, "", ROOM, grace, f"capacity: pod {pod.name} finds no node: {pod.unschedulable}")
    elif pod.reason and (pod.phase == "Failed" or pod.reason == "NodeLost"):
        yield Trouble(pod.uid, pod.name, "", ROOM, grace, f"capacity: pod {pod.name} was {pod.reason}: {pod.message}")
    elif pod.phase == "Pending" and all(container.starting or (container.init and container.ready) for container in pod.containers):
        waiting = next((container.waiting for container in pod.containers if container.waiting), "no word of its node")
        yield Trouble(pod.uid, pod.name, "", NODE, grace, f"pod {pod.name} has not started: {waiting}")


def _pull(pod: Pod, container: Container) -> Iterator[Trouble]:
    final = container.waiting in FINAL_WAITS
    if not final and container.waiting not in PULL_WAITS:
        return
    clear = final or CLEAR_PULL.search(container.message)
    yield _waits(pod, container, IMAGE, AT_ONCE if clear else CONFIRMED)


def _start(pod: Pod, container: Container) -> Iterator[Trouble]:
    if container.waiting == "CreateContainerConfigError" and not TRANSIENT_CONFIG.search(container.message):
        yield _waits(pod, container, START, AT_ONCE)
    elif container.waiting in START_WAITS and container.last not in NODE_FAULTS:
        certain = NO_COMMAND.search(container.message) or (container.last and container.last.exit_code in CANNOT_EXECUTE)
        yield _waits(pod, container, START, AT_ONCE if certain else CONFIRMED)


def _waits(pod: Pod, container: Container, sort: str, patience: float) -> Trouble:
    said = f": {container.message}" if container.message else ""
    return Trouble(pod.uid, pod.name, container.name, sort, patience, f"{_named(container)} waits: {container.waiting}{said}")


def _crash(pod: Pod, container: Container, earlier: Mapping[tuple[str, str], int], grace: float) -> Iterator[Trouble]:
    ending = container.ended or container.last
    crashes = _crashes(container) - earlier.get((pod.uid, container.name), 0)
    looping = container.waiting == "CrashLoopBackOff"
    node = ending in NODE_FAULTS
    patience = grace if node else _crash_patience(container, ending, looping or crashes >= CRASHES_TO_FAIL)
    if patience is not None and (looping or crashes > 0):
        how = f" ({ending})" if ending else ""
        times = "keeps crashing" if looping else "crashed" if crashes == 1 else f"crashed {crashes} times"
        sort, again = NODE if node else CRASH, container.ended is None and not container.waiting
        yield Trouble(pod.uid, pod.name, container.name, sort, patience, f"{_named(container)} {times}{how}", previous=again)


def _crashes(container: Container) -> int:
    """Ends of an init container with exit code 0 are its work done; any end of another is a crash."""
    ending = container.ended or container.last
    if container.init and ending and ending.exit_code == 0:
        return 0
    return container.restarts + (container.ended is not None)


def _crash_patience(container: Container, ending: Ending | None, confirmed: bool) -> float | None:
    """None when a crash is not yet a trouble."""
    if confirmed:
        return AT_ONCE
    killed = ending is not None and (ending.reason == "OOMKilled" or ending.exit_code == SIGKILL)
    return CONFIRMED if killed and not container.ready else None


def _unready(pod: Pod, container: Container) -> Iterator[Trouble]:
    """Without a startup probe nothing says how long a start may take: a readiness probe may fail for as long as it likes."""
    if container.budget and not (container.ready or container.waiting or container.ended):
        said = f"{_named(container)} is not ready, for which its probes allow {container.budget:g} s"
        yield Trouble(pod.uid, pod.name, container.name, UNREADY, container.budget + CONFIRMED, said)


def _named(container: Container) -> str:
    return f"{'init container' if container.init else 'container'} {container.name}"
