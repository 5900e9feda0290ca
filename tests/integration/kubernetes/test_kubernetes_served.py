"""Which versions are written to which API server: against scripted ones of many ages."""

import json
from typing import Any

import pytest

from pipeline.errors import ToolError
from pipeline.spec import KubernetesTarget as Place
from tests.integration.kubernetes.fake_api import Asked, Said, serving, status
from worker.tools.kubernetes_target.api import Api
from worker.tools.kubernetes_target.create.bring import bring
from worker.tools.kubernetes_target.create.served import Served, discover

PLACE = Place.model_validate(
    {"kind": "kubernetes", "context": "c", "namespace": "ml", "deployment": "iris", "container": "web", "create": {"autoscale": {"max": 4}}}
)


def server(version: str, autoscaling: str, policy: str) -> Any:
    """An empty API server of some age, by its git version and the versions it serves of both groups."""
    served = {"apps": "v1", "autoscaling": autoscaling, "policy": policy}
    groups = [{"name": name, "versions": [{"version": one} for one in said.split()]} for name, said in served.items() if said]
    said: dict[str, Any] = {"/apis": {"groups": groups}, "/version": {"major": "", "minor": "", "gitVersion": version}}

    def answer(asked: Asked) -> Said:
        if asked.method == "GET" and asked.path not in said and not asked.path.endswith("autoscalers"):
            return status(404, "not found")
        return Said(200, json.dumps(said.get(asked.path, {"items": []})).encode())

    return answer


@pytest.mark.parametrize(
    ("version", "autoscaling", "policy", "served"),
    [
        ("v1.20.2", "v1 v2beta1 v2beta2", "v1beta1", Served("v1", "v1beta1", sleep=False)),
        ("v1.21.14", "v1 v2beta1 v2beta2", "v1 v1beta1", Served("v1", "v1", sleep=False)),
        ("v1.23.17+rke2r1", "v2 v1 v2beta1 v2beta2", "v1 v1beta1", Served("v2", "v1", sleep=False)),
        ("v1.32.3-eks-bcf3d70", "v2 v1", "v1", Served("v2", "v1", sleep=False)),
        ("v1.33.0", "v2 v1", "v1", Served("v2", "v1", sleep=True)),
        ("v1.36.1-gke.100", "v2 v1", "v1", Served("v2", "v1", sleep=True)),
        ("unreadable", "v2 v1", "v1", Served("v2", "v1", sleep=False)),
    ],
)
def test_the_newest_version_that_is_served_is_used(version: str, autoscaling: str, policy: str, served: Served) -> None:
    with serving(server(version, autoscaling, policy)) as fake:
        assert discover(Api(fake.connect)) == served


@pytest.mark.parametrize(
    ("autoscaling", "policy", "said"),
    [("v2beta2", "v1", "serves none of v2, v1 of autoscaling"), ("v1", "", "none of v1, v1beta1 of policy")],
)
def test_a_server_that_serves_no_version_we_write_is_told(autoscaling: str, policy: str, said: str) -> None:
    with serving(server("v1.20.2", autoscaling, policy)) as fake, pytest.raises(ToolError, match=said):
        discover(Api(fake.connect))


@pytest.mark.parametrize(
    ("version", "autoscaling", "policy"), [("v1.20.2", "v1 v2beta2", "v1beta1"), ("v1.36.0", "v2 v1", "v1")], ids=["old", "new"]
)
def test_each_object_is_written_in_the_version_that_is_served_tried_dry_before_anything_changes(
    version: str, autoscaling: str, policy: str
) -> None:
    newest = {"autoscaling": autoscaling.split()[0], "policy": policy}
    writes = [
        ("PATCH", "/api/v1/namespaces/ml/services/iris"),
        ("PATCH", f"/apis/policy/{newest['policy']}/namespaces/ml/poddisruptionbudgets/iris"),
        ("PATCH", f"/apis/autoscaling/{newest['autoscaling']}/namespaces/ml/horizontalpodautoscalers/iris"),
        ("POST", "/apis/apps/v1/namespaces/ml/deployments"),
    ]
    with serving(server(version, autoscaling, policy)) as fake:
        bring(Api(fake.connect), PLACE, None, "iris:1", {"pushrail.io/app": "iris"}, print)
        sent = [asked for asked in fake.asked if asked.method != "GET"]
        assert [(asked.method, asked.path) for asked in sent] == writes * 2
        assert [asked.query for asked in sent[:4]] == [{"fieldManager": "pushrail", "dryRun": "All"}] * 4
        assert [asked.query for asked in sent[4:]] == [{"fieldManager": "pushrail"}] * 4
