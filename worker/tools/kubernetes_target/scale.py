"""How many replicas Deployments are to have, by their scale subresource: a rollout never says it, a person does."""

from collections.abc import Callable
from functools import partial
from http import HTTPStatus

from kubernetes.client import Configuration

from pipeline.errors import ToolError
from pipeline.spec import KubernetesTarget
from worker.tools.kubernetes_target.api import Api, configuration
from worker.tools.kubernetes_target.create.autoscaler import governing
from worker.tools.kubernetes_target.reply import ApiRefused

FIELD_MANAGER = "pushrail-scale"
"""Not the one that rolls out: who scaled is told apart from who released."""


def scale(place: KubernetesTarget, replicas: int, connect: Callable[[str], Configuration] = configuration) -> list[str]:
    """Ask for so many replicas of every Deployment of a target.

    Returns:
        What was wanted before and what is wanted now, a line for each Deployment.

    Raises:
        ToolError: an autoscaler decides for one of them, and nothing was changed; or the API server refused.
    """
    api = Api(partial(connect, place.context))
    for one in place.each:
        _check_free(api, one)
    return [_scaled(api, one, replicas) for one in place.each]


def _check_free(api: Api, place: KubernetesTarget) -> None:
    if names := governing(api, place):
        own = place.create is not None and place.create.autoscale is not None
        advice = "change min and max of target.create.autoscale in pipeline.yaml" if own else "change its minReplicas and maxReplicas"
        said = f"horizontalpodautoscaler/{names[0]} decides how many replicas {_title(place)} has, and would undo this; {advice}"
        raise ToolError("kubernetes", said)


def _scaled(api: Api, place: KubernetesTarget, replicas: int) -> str:
    path = f"/apis/apps/v1/namespaces/{place.namespace}/deployments/{place.first}/scale"
    try:
        before = api.get(path)["spec"].get("replicas", 0)
        api.patch(path, {"spec": {"replicas": replicas}}, {"fieldManager": FIELD_MANAGER})
    except ApiRefused as error:
        if error.status != HTTPStatus.NOT_FOUND:
            raise
        raise ToolError("kubernetes", f"there is no {_title(place)} to scale; correct target in pipeline.yaml, or push first") from error
    return f"{_title(place)}: {before} → {replicas} replicas"


def _title(place: KubernetesTarget) -> str:
    return f"deployment/{place.first} -n {place.namespace}"
