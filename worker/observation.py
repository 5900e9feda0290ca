"""What a rollout looks at: frozen values. Judges nothing and knows no network.

Only what ``rollout`` and ``trouble`` decide by is kept.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Raw = Mapping[str, Any]

RUN = "pushrail.io/run"
STARTING = ("ContainerCreating", "PodInitializing")


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
        budget: seconds from its start in which its probes expect it to be ready; 0 when no startup probe says how long a start may take.
    """

    name: str
    init: bool
    ready: bool
    restarts: int
    waiting: str = ""
    message: str = ""
    ended: Ending | None = None
    last: Ending | None = None
    budget: float = 0.0

    @property
    def starting(self) -> bool:
        """Nothing of it has been tried yet: its image is being pulled, its volumes are mounted, or it is not its turn."""
        return self.waiting in STARTING


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
    """``stalled`` is when the controller last said ProgressDeadlineExceeded, or empty; ``run`` the run that last wrote it; ``drain`` the
    seconds a pod may take to end."""

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
    drain: float = 0.0

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
