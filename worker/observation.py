"""What a rollout looks at: frozen values, read from the raw JSON of the API server. Judges nothing and knows no network.

Only what ``rollout`` and ``trouble`` decide by is kept; everything else in the objects is left where it is.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from worker.pod_template import fingerprint

Raw = Mapping[str, Any]

RUN = "pushrail.io/run"


@dataclass(frozen=True, slots=True)
class Ending:
    """How a container ended."""

    reason: str
    exit_code: int

    def __str__(self) -> str:
        return f"exit code {self.exit_code}{f', {self.reason}' if self.reason not in ('', 'Error') else ''}"


@dataclass(frozen=True, slots=True)
class Container:
    """One container of a pod.

    Args:
        waiting: why it does not run, in the kubelet's word; empty when it runs or has ended.
        ended: how it ended, while it is down.
        last: how the one before it ended.
    """

    name: str
    init: bool
    ready: bool
    restarts: int
    waiting: str = ""
    message: str = ""
    ended: Ending | None = None
    last: Ending | None = None


@dataclass(frozen=True, slots=True)
class Pod:
    """``reason`` is the pod's own (Evicted, NodeLost), ``unschedulable`` the scheduler's words; both empty when all is well."""

    uid: str
    name: str
    owner: str
    deleting: bool
    ready: bool
    phase: str
    reason: str
    message: str
    unschedulable: str
    containers: tuple[Container, ...]


@dataclass(frozen=True, slots=True)
class ReplicaSet:
    """``refused`` is why its pods cannot even be created (quota, admission), or empty."""

    uid: str
    owner: str
    template: str
    available: int
    refused: str


@dataclass(frozen=True, slots=True)
class Deployment:
    """``stalled`` is when the controller last said ProgressDeadlineExceeded, or empty; ``run`` the run that last wrote it."""

    uid: str = ""
    generation: int = 0
    observed: int = 0
    run: str = ""
    paused: bool = False
    template: str = ""
    wanted: int = 0
    replicas: int = 0
    updated: int = 0
    available: int = 0
    stalled: str = ""
    refused: str = ""

    @property
    def complete(self) -> bool:
        return not self.paused and self.observed >= self.generation and 0 < self.wanted == self.updated == self.replicas == self.available


GONE = Deployment()
"""What stands for a Deployment that is not there."""


@dataclass(frozen=True, slots=True)
class Observation:
    """All that is known of one Deployment, its ReplicaSets and their pods at one moment; the three may be of slightly different age."""

    deployment: Deployment
    replica_sets: tuple[ReplicaSet, ...]
    pods: tuple[Pod, ...]

    @property
    def complete(self) -> bool:
        """Every wanted replica is up, available and made from the Deployment's template of now."""
        ours = sum(found.available for found in self.sets_of(self.deployment.uid, self.deployment.template))
        return self.deployment.complete and ours == self.deployment.wanted

    def sets_of(self, uid: str, template: str) -> tuple[ReplicaSet, ...]:
        """The ReplicaSets of the Deployment ``uid`` that make pods of ``template``."""
        return tuple(found for found in self.replica_sets if found.owner == uid and found.template == template)

    def pods_of(self, uid: str, template: str) -> tuple[Pod, ...]:
        """Their pods that are not on their way out."""
        owners = {found.uid for found in self.sets_of(uid, template)}
        return tuple(pod for pod in self.pods if pod.owner in owners and not pod.deleting)


def read_deployment(raw: Raw) -> Deployment:
    metadata, spec, status = raw["metadata"], raw["spec"], raw.get("status", {})
    return Deployment(
        uid=metadata["uid"],
        generation=metadata["generation"],
        observed=status.get("observedGeneration", 0),
        run=(metadata.get("annotations") or {}).get(RUN, ""),
        paused=spec.get("paused", False),
        template=fingerprint(spec["template"]),
        wanted=spec.get("replicas", 1),
        replicas=status.get("replicas", 0),
        updated=status.get("updatedReplicas", 0),
        available=status.get("availableReplicas", 0),
        stalled=_condition(status, "Progressing", "ProgressDeadlineExceeded").get("lastUpdateTime", ""),
        refused=_condition(status, "ReplicaFailure", "FailedCreate").get("message", ""),
    )


def read_replica_set(raw: Raw) -> ReplicaSet:
    status = raw.get("status", {})
    return ReplicaSet(
        uid=raw["metadata"]["uid"],
        owner=_owner(raw),
        template=fingerprint(raw["spec"]["template"]),
        available=status.get("availableReplicas", 0),
        refused=_condition(status, "ReplicaFailure", "FailedCreate").get("message", ""),
    )


def read_pod(raw: Raw) -> Pod:
    metadata, status = raw["metadata"], raw.get("status", {})
    return Pod(
        uid=metadata["uid"],
        name=metadata["name"],
        owner=_owner(raw),
        deleting="deletionTimestamp" in metadata,
        ready=any(found["type"] == "Ready" and found["status"] == "True" for found in status.get("conditions", ())),
        phase=status.get("phase", ""),
        reason=status.get("reason", ""),
        message=status.get("message", ""),
        unschedulable=_condition(status, "PodScheduled", "Unschedulable").get("message", ""),
        containers=tuple(_containers(status)),
    )


def _containers(status: Raw) -> Iterator[Container]:
    for key, init in (("initContainerStatuses", True), ("containerStatuses", False)):
        for found in status.get(key) or ():
            state, waiting = found.get("state", {}), found.get("state", {}).get("waiting", {})
            yield Container(
                name=found["name"],
                init=init,
                ready=found.get("ready", False),
                restarts=found.get("restartCount", 0),
                waiting=waiting.get("reason", ""),
                message=waiting.get("message", ""),
                ended=_ending(state),
                last=_ending(found.get("lastState", {})),
            )


def _ending(state: Raw) -> Ending | None:
    ended = state.get("terminated")
    return Ending(ended.get("reason", ""), ended["exitCode"]) if ended else None


def _condition(status: Raw, kind: str, reason: str) -> Raw:
    matching = (found for found in status.get("conditions") or () if (found["type"], found.get("reason")) == (kind, reason))
    return next(matching, {})


def _owner(raw: Raw) -> str:
    owners = raw["metadata"].get("ownerReferences") or ()
    return next((owner["uid"] for owner in owners if owner.get("controller")), "")
