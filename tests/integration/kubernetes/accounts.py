"""Service accounts that may do only what their rules say, and an app's target as one of them."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from kubernetes.client import Configuration

from pipeline.spec import KubernetesTarget as Place
from tests.integration.kubernetes.app import App
from worker.tools.kubernetes_target import KubernetesTarget
from worker.tools.kubernetes_target.api import configuration
from worker.tools.kubernetes_target.permissions import Permission

RBAC = "rbac.authorization.k8s.io"

DEPLOY = Path(__file__).parents[3] / "deploy"


def rules_of(file: str) -> list[Any]:
    """The rules of the first Role in a file of ``deploy/``."""
    manifests = yaml.safe_load_all((DEPLOY / file).read_text("utf-8"))
    rules: list[Any] = next(manifest for manifest in manifests if manifest["kind"] == "Role")["rules"]
    return rules


def account(app: App, name: str, rules: list[Any]) -> list[Any]:
    """The manifests of an account with a Role of its own; whoever cleans up after the app removes them."""
    named = {"metadata": {"name": name, "labels": {"app": app.name}}}
    subject = {"kind": "ServiceAccount", "name": name, "namespace": app.namespace}
    reference = {"apiGroup": RBAC, "kind": "Role", "name": name}
    return [
        {"apiVersion": "v1", "kind": "ServiceAccount", **named},
        {"apiVersion": f"{RBAC}/v1", "kind": "Role", **named, "rules": rules},
        {"apiVersion": f"{RBAC}/v1", "kind": "RoleBinding", **named, "subjects": [subject], "roleRef": reference},
    ]


def target_as(app: App, name: str, **changed: Any) -> KubernetesTarget:
    """The app's target, with a token of this account and nothing else; ``changed`` are other keys of it."""
    path = f"/api/v1/namespaces/{app.namespace}/serviceaccounts/{name}/token"
    wish = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}
    token = json.loads(app.kubectl("create", "--raw", path, "-f", "-", given=wish))["status"]["token"]

    def connect(context: str) -> Configuration:
        made = configuration(context)
        made.cert_file = made.key_file = None
        made.api_key["BearerToken"] = made.api_key["authorization"] = f"Bearer {token}"
        made.refresh_api_key_hook = None
        return made

    place = {"kind": "kubernetes", "context": app.context, "namespace": app.namespace, "deployment": app.name, "container": "web"}
    return KubernetesTarget("iris", Place.model_validate({**place, **changed}), connect)


def used(caplog: pytest.LogCaptureFixture) -> set[Permission]:
    """What was asked of the API server, in the words of a Role, by what urllib3 says of each request."""
    asked = [(record.args[3], record.args[4]) for record in caplog.records if isinstance(record.args, tuple) and len(record.args) > 6]
    return {permission_of(str(method), str(url)) for method, url in asked if "/namespaces/" in str(url)}


def permission_of(method: str, url: str) -> Permission:
    found = re.match(r"/apis?/(?:(?P<group>[^/]+)/)?v[^/]+/namespaces/[^/]+/(?P<of>[^/?]+)(?:/(?P<name>[^/?]+))?(?:/(?P<sub>[^/?]+))?", url)
    assert found
    reading = "get" if found["name"] else "watch" if "watch=" in url else "list"
    return Permission(found["group"] or "", found["of"], found["sub"] or "", {"POST": "create", "PATCH": "patch"}.get(method, reading))
