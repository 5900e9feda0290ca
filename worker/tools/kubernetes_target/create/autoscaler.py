"""Which autoscalers decide how many replicas a Deployment has."""

from pipeline.spec import KubernetesTarget
from worker.tools.kubernetes_target.api import Api


def governing(api: Api, place: KubernetesTarget) -> list[str]:
    """The names of the HorizontalPodAutoscalers that scale it; autoscaling/v1 is served by every version of Kubernetes."""
    found = api.get(f"/apis/autoscaling/v1/namespaces/{place.namespace}/horizontalpodautoscalers")["items"]
    return [scaler["metadata"]["name"] for scaler in found if _scales(scaler["spec"]["scaleTargetRef"], place)]


def _scales(reference: dict[str, str], place: KubernetesTarget) -> bool:
    return (reference["kind"], reference["name"]) == ("Deployment", place.first)
