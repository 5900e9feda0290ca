"""The pod template that ``target.create`` stands for. Pure."""

import hashlib
import json
from collections.abc import Mapping
from math import ceil
from typing import Any

from pipeline.spec import Create, KubernetesTarget, Reference
from worker.tools.kubernetes_target.create.served import Served

Manifest = dict[str, Any]

KEYS = "pushrail.io/create"
"""The pod template's annotation that says which keys it was made from; it goes back with the template when a release is undone."""

HTTP = "http"
"""The name of the container's port, which the Service sends to: so a template that goes back may listen on another number."""

SPARE_SECONDS = 5
"""Of the grace period beyond preStop and graceful timeout: the process must have ended by itself before it is killed."""

_UNITS = {"m": "Mi", "g": "Gi"}
_AROUND = {"replicas", "service", "autoscale"}
"""The keys of ``create`` that are no part of the pod template."""


def keys_of(create: Create) -> str:
    """The value of ``KEYS``: the same for the same keys, whatever their defaults will be in a later version."""
    said = create.model_dump(mode="json", exclude=_AROUND, exclude_defaults=True)
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:16]


def labels(place: KubernetesTarget) -> Mapping[str, str]:
    """What finds the app's pods, https://kubernetes.io/docs/concepts/overview/working-with-objects/common-labels/"""
    return {"app.kubernetes.io/name": place.first}


def pod_template(place: KubernetesTarget, create: Create, image: str, served: Served) -> Manifest:
    """The template with which ``image`` runs as the keys say."""
    spec: Manifest = {
        "automountServiceAccountToken": False,
        "terminationGracePeriodSeconds": ceil(create.pre_stop) + ceil(create.graceful_timeout) + SPARE_SECONDS,
        "securityContext": {"seccompProfile": {"type": "RuntimeDefault"}, **_user(create)},
        "containers": [_container(place.container, create, image, served)],
    }
    if create.pull_secrets:
        spec["imagePullSecrets"] = [{"name": name} for name in create.pull_secrets]
    return {"metadata": {"labels": dict(labels(place)), "annotations": {KEYS: keys_of(create)}}, "spec": spec}


def _container(name: str, create: Create, image: str, served: Served) -> Manifest:
    container = {
        "name": name,
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "ports": [{"name": HTTP, "containerPort": create.port}],
        "env": [{"name": "PORT", "value": str(create.port)}, *(_variable(name, value) for name, value in create.env.items())],
        "resources": _resources(create),
        "securityContext": {"allowPrivilegeEscalation": False, **({"capabilities": {"drop": ["ALL"]}} if create.user else {})},
        **_probes(create),
    }
    if create.pre_stop:
        container["lifecycle"] = {"preStop": _sleep(ceil(create.pre_stop), served)}
    return container


def _user(create: Create) -> Manifest:
    """Without a word on it the image decides: one that needs root would not start as somebody else."""
    return {"runAsNonRoot": True, "runAsUser": create.user, "runAsGroup": create.user} if create.user else {}


def _variable(name: str, value: str | Reference) -> Manifest:
    if isinstance(value, str):
        return {"name": name, "value": value}
    kind = "secretKeyRef" if value.secret else "configMapKeyRef"
    return {"name": name, "valueFrom": {kind: {"name": value.secret or value.config_map, "key": value.key}}}


def _resources(create: Create) -> Manifest:
    """Memory asked for is memory had, no more and no less; processors that nobody else wants are not held back."""
    memory = create.memory[:-1] + _UNITS[create.memory[-1]]
    return {"requests": {"cpu": f"{round(create.cpus * 1000)}m", "memory": memory}, "limits": {"memory": memory}}


def _probes(create: Create) -> Manifest:
    """Readiness decides who is sent to; liveness is asked only when the start is over, which may take as long as a model loads."""
    readiness = {"httpGet": {"path": create.readiness, "port": HTTP}, "periodSeconds": 2, "timeoutSeconds": 2, "failureThreshold": 3}
    if create.liveness is None:
        return {"readinessProbe": readiness}
    alive = {"path": create.liveness, "port": HTTP}
    return {
        "startupProbe": {"httpGet": alive, "periodSeconds": 1, "timeoutSeconds": 1, "failureThreshold": ceil(create.start)},
        "readinessProbe": readiness,
        "livenessProbe": {"httpGet": alive, "periodSeconds": 10, "timeoutSeconds": 5, "failureThreshold": 3},
    }


def _sleep(seconds: int, served: Served) -> Manifest:
    """What holds SIGTERM back while Services take notice; older kubelets have no sleep of their own and run the image's."""
    return {"sleep": {"seconds": seconds}} if served.sleep else {"exec": {"command": ["sleep", str(seconds)]}}
