"""What a scenario is: how it is made on a cluster, and what must come of it. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.scenarios.images import reference
from worker.verdict import State

Raw = Mapping[str, Any]
APP = "web"
LABELS = {"app": APP}


@dataclass(frozen=True, slots=True)
class Scenario:
    """A push to a Deployment of one container that serves a good release, in a namespace of its own.

    Args:
        image: what is pushed, by its name in ``images``; with ``restores`` it is the good one put back.
        state: what the push comes to, the soak included.
        reason: a regular expression that is found in the verdict's reason.
        told: one that is found in the log lines that are raised with it. Events are not waited for: a kubelet sends few a second.
        wrong: one that is found in what the golden predictions raise after all that.
        deadline: seconds of the rollout.
        soak: seconds, after which the golden predictions are asked; 0 for neither.
        container: keys of the container, ``pod`` of its pod, ``spec`` of the Deployment.
        objects: what is in the namespace besides.
        spoilt: is applied when the good release serves, just before the push.
        earlier: images that were pushed before and failed.
        meanwhile: what a person tells kubectl as soon as the push is accepted.
    """

    name: str
    image: str
    state: State
    reason: str = ""
    told: str = ""
    wrong: str = ""
    deadline: float = 60.0
    soak: float = 0.0
    container: Raw = field(default_factory=dict)
    pod: Raw = field(default_factory=dict)
    spec: Raw = field(default_factory=dict)
    objects: Sequence[Raw] = ()
    spoilt: Sequence[Raw] = ()
    earlier: Sequence[str] = ()
    meanwhile: str = ""
    restores: bool = False

    def manifests(self) -> Sequence[Raw]:
        """What is applied first: the Deployment with the good release, its Service, and ``objects``."""
        return [*self.objects, self._deployment(), SERVICE]

    def _deployment(self) -> Raw:
        image, probe = reference("good"), {"httpGet": {"path": "/", "port": 80}, "periodSeconds": 1}
        container = {"name": APP, "image": image, "imagePullPolicy": "IfNotPresent", "readinessProbe": probe, **self.container}
        pod = {
            "terminationGracePeriodSeconds": 1,
            "automountServiceAccountToken": False,
            "dnsPolicy": "Default",
            "containers": [container],
            **self.pod,
        }
        spec = {
            "replicas": 1,
            "selector": {"matchLabels": LABELS},
            "strategy": {"rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}},
            "template": {"metadata": {"labels": LABELS}, "spec": pod},
        }
        return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": APP, "labels": LABELS}, "spec": {**spec, **self.spec}}


SERVICE = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": APP, "labels": LABELS},
    "spec": {"selector": LABELS, "ports": [{"name": "http", "port": 80}]},
}
