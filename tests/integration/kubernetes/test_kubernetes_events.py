"""What the cluster tells of a pod beside its status."""

from functools import partial

import pytest

from pipeline.spec import KubernetesTarget as Place
from tests.integration.kubernetes.app import App
from worker.tools.kubernetes_target.api import Api, configuration
from worker.tools.kubernetes_target.deployment import KubernetesDeployment
from worker.tools.kubernetes_target.events import causes

pytestmark = pytest.mark.cluster


def test_events_of_a_pod_are_found_and_those_of_another_are_not(app: App) -> None:
    """Made by hand: a kubelet with much to tell sends its own late."""
    for pod, message in (("web-1", "Readiness probe failed: refused"), ("web-2", "Readiness probe failed: 404")):
        named = {"kind": "Pod", "name": pod, "namespace": app.namespace}
        told = {"reason": "Unhealthy", "type": "Warning", "message": message, "lastTimestamp": "2026-01-01T00:00:00Z"}
        app.apply({"apiVersion": "v1", "kind": "Event", "metadata": {"name": f"{app.name}-{pod}"}, "involvedObject": named, **told})
    place = Place(kind="kubernetes", context=app.context, namespace=app.namespace, deployment=app.name, container="web")
    deployment = KubernetesDeployment(Api(partial(configuration, place.context)), place)
    assert causes(deployment.events("web-1"), "") == ["Unhealthy: Readiness probe failed: refused"]
