"""How Helm, Argo CD and Flux are known from what they leave on a Deployment."""

from typing import Any

import pytest

from tests.unit.cluster_objects import Raw
from worker.tools.kubernetes_target.managers import managed

TEMPLATE = {"f:spec": {"f:template": {"f:spec": {}}}}


def labelled(**labels: str) -> Raw:
    return {"metadata": {"labels": labels}}


def annotated(**annotations: str) -> Raw:
    return {"metadata": {"annotations": annotations}}


def written(manager: str, fields: Any = TEMPLATE) -> Raw:
    return {"metadata": {"managedFields": [{"manager": manager, "operation": "Update", "fieldsV1": fields}]}}


@pytest.mark.parametrize(
    ("found", "tool"),
    [
        (labelled(**{"app.kubernetes.io/managed-by": "Helm"}), "Helm"),
        (annotated(**{"meta.helm.sh/release-name": "iris"}), "Helm"),
        (written("helm"), "Helm"),
        (labelled(**{"argocd.argoproj.io/instance": "iris"}), "Argo CD"),
        (annotated(**{"argocd.argoproj.io/tracking-id": "iris:apps/Deployment:ml/iris"}), "Argo CD"),
        (written("argocd-controller"), "Argo CD"),
        (written("argocd-application-controller"), "Argo CD"),
        (labelled(**{"kustomize.toolkit.fluxcd.io/name": "apps"}), "Flux"),
        (labelled(**{"helm.toolkit.fluxcd.io/name": "iris", "app.kubernetes.io/managed-by": "Helm"}), "Flux"),
        (written("kustomize-controller"), "Flux"),
        (written("helm-controller"), "Flux"),
    ],
)
def test_tool_is_known_by_each_of_its_marks(found: Raw, tool: str) -> None:
    assert managed(found).startswith(f"{tool} manages it (")


@pytest.mark.parametrize(
    "found",
    [
        {"metadata": {}},
        {"metadata": {"labels": None, "annotations": None, "managedFields": None}},
        labelled(**{"app.kubernetes.io/managed-by": "pushrail", "app.kubernetes.io/instance": "iris"}),
        annotated(**{"kubectl.kubernetes.io/last-applied-configuration": "{}"}),
        written("kubectl-client-side-apply"),
        written("helm", {"f:metadata": {"f:labels": {}}}),
        written("argocd-controller", {"f:spec": {"f:replicas": {}}}),
    ],
)
def test_who_has_no_hand_in_the_template_manages_nothing(found: Raw) -> None:
    assert managed(found) == ""


@pytest.mark.parametrize(("key", "value"), [("reconcile", "disabled"), ("ssa", "IfNotPresent")])
def test_flux_that_was_told_to_leave_it_alone_does(key: str, value: str) -> None:
    found = labelled(**{"kustomize.toolkit.fluxcd.io/name": "apps"})
    found["metadata"]["annotations"] = {f"kustomize.toolkit.fluxcd.io/{key}": value}
    assert managed(found) == ""
