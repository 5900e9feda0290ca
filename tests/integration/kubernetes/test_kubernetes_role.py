"""The permissions that the module docstring of ``kubernetes_target`` promises to be enough, and what is said when one lacks."""

import json
from typing import Any

import pytest
from kubernetes.client import Configuration

from pipeline.errors import ToolError
from pipeline.spec import KubernetesTarget as Place
from tests.integration.kubernetes.app import GOOD, NEXT, App, Lines, run
from worker.tools.kubernetes_target import KubernetesTarget
from worker.tools.kubernetes_target.api import configuration

pytestmark = pytest.mark.cluster

RULES: list[Any] = [
    {"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["get", "list", "watch", "patch"]},
    {"apiGroups": ["apps"], "resources": ["replicasets"], "verbs": ["get", "list", "watch"]},
    {"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list", "watch"]},
    {"apiGroups": [""], "resources": ["pods/log", "services"], "verbs": ["get"]},
    {"apiGroups": [""], "resources": ["events"], "verbs": ["list"]},
    {"apiGroups": [""], "resources": ["services/proxy"], "verbs": ["get", "create"]},
]


def target_with(app: App, rules: list[Any]) -> KubernetesTarget:
    """The app's target, as a service account of its own that may do only this."""
    named = {"metadata": {"name": app.name, "labels": {"app": app.name}}}
    subject = {"kind": "ServiceAccount", "name": app.name, "namespace": app.namespace}
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": app.name}
    app.apply({"apiVersion": "v1", "kind": "ServiceAccount", **named})
    app.apply({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", **named, "rules": rules})
    app.apply({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", **named, "subjects": [subject], "roleRef": reference})
    token = token_of(app)

    def connect(context: str) -> Configuration:
        made = configuration(context)
        made.api_key["BearerToken"] = made.api_key["authorization"] = f"Bearer {token}"
        made.refresh_api_key_hook = None
        return made

    place = {"kind": "kubernetes", "context": app.context, "namespace": app.namespace, "deployment": app.name, "container": "web"}
    return KubernetesTarget("iris", Place.model_validate(place), connect)


def token_of(app: App) -> str:
    path = f"/api/v1/namespaces/{app.namespace}/serviceaccounts/{app.name}/token"
    wish = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}
    return str(json.loads(app.kubectl("create", "--raw", path, "-f", "-", given=wish))["status"]["token"])


def test_the_role_we_ask_for_is_enough(app: App) -> None:
    app.create_ready()
    target = target_with(app, RULES)
    saved = target.snapshot()
    assert saved is not None
    target.rollout(NEXT, run(1), 60, Lines())
    assert target.request("/", None, 5).status == 200
    target.hold(NEXT, run(1), 0.5, Lines())
    target.restore(saved, run(1), 60, Lines())
    assert GOOD in target.in_use()


def test_missing_permission_is_named_before_anything_changes(app: App) -> None:
    app.create_ready()
    with pytest.raises(ToolError, match="add verb 'list' on 'pods' to the Role"):
        target_with(app, [rule for rule in RULES if rule["resources"] != ["pods"]]).rollout(NEXT, run(1), 60, Lines())
    assert app.container()["image"] == GOOD
