"""The objects that ``target.create`` stands for. Pure; sends nothing."""

from math import ceil

from pipeline.spec import Autoscale, Create, KubernetesTarget
from worker.tools.kubernetes_target.create.pod import HTTP, Manifest, labels, pod_template
from worker.tools.kubernetes_target.create.served import Served
from worker.tools.kubernetes_target.release import APP, Marks

MIN_READY_SECONDS = 5
SPARE_START_SECONDS = 300
"""For pulling the image and finding a node, beyond what the app may need to start."""


def deployment(place: KubernetesTarget, create: Create, image: str, annotations: Marks, served: Served) -> Manifest:
    """The Deployment with which everything begins; afterwards nobody but people and autoscalers decides how many replicas there are."""
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {**_metadata(place, place.first), "annotations": dict(annotations)},
        "spec": {
            "replicas": _first_replicas(create),
            "selector": {"matchLabels": dict(labels(place))},
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}},
            "minReadySeconds": MIN_READY_SECONDS,
            "progressDeadlineSeconds": progress_deadline(create),
            "template": pod_template(place, create, image, served),
        },
    }


def _first_replicas(create: Create) -> int:
    return min(max(create.replicas, create.autoscale.min), create.autoscale.max) if create.autoscale else create.replicas


def progress_deadline(create: Create) -> int:
    """Seconds without progress after which Kubernetes gives a rollout up; more than a good release can need."""
    return ceil(create.start) + MIN_READY_SECONDS + SPARE_START_SECONDS


def around(place: KubernetesTarget, create: Create, annotations: Marks, served: Served) -> list[Manifest]:
    """Service, disruption budget and, when asked for, autoscaler; they say whose they are, and no run."""
    made = [_service(place, create), _budget(place, served)]
    if create.autoscale:
        made.append(_autoscaler(place, create.autoscale, served))
    return [{**manifest, "metadata": {**manifest["metadata"], "annotations": {APP: annotations[APP]}}} for manifest in made]


def _service(place: KubernetesTarget, create: Create) -> Manifest:
    port: Manifest = {"name": HTTP, "protocol": "TCP", "port": create.service.port, "targetPort": HTTP}
    if create.service.node_port:
        port["nodePort"] = create.service.node_port
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": _metadata(place, place.service or place.first),
        "spec": {"type": create.service.type, "selector": dict(labels(place)), "ports": [port]},
    }


def _budget(place: KubernetesTarget, served: Served) -> Manifest:
    """One replica less at a time: ``minAvailable: 1`` would keep a node from ever being drained of an only replica."""
    return {
        "apiVersion": f"policy/{served.policy}",
        "kind": "PodDisruptionBudget",
        "metadata": _metadata(place, place.first),
        "spec": {"maxUnavailable": 1, "selector": {"matchLabels": dict(labels(place))}},
    }


def _autoscaler(place: KubernetesTarget, wanted: Autoscale, served: Served) -> Manifest:
    cpu = {"type": "Utilization", "averageUtilization": wanted.cpu}
    forms: dict[str, Manifest] = {
        "v1": {"targetCPUUtilizationPercentage": wanted.cpu},
        "v2": {"metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": cpu}}]},
    }
    return {
        "apiVersion": f"autoscaling/{served.autoscaling}",
        "kind": "HorizontalPodAutoscaler",
        "metadata": _metadata(place, place.first),
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": place.first},
            "minReplicas": wanted.min,
            "maxReplicas": wanted.max,
            **forms[served.autoscaling],
        },
    }


def _metadata(place: KubernetesTarget, name: str) -> Manifest:
    return {"name": name, "namespace": place.namespace, "labels": {**labels(place), "app.kubernetes.io/managed-by": "pushrail"}}
