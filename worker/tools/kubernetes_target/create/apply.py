"""One object made, or made to be what a manifest says, on the API server; never taken from whoever else holds a part of it."""

import json
import re
from http import HTTPStatus
from typing import Any

from pipeline.errors import ToolError
from worker.observation import Raw
from worker.tools.kubernetes_target.api import Api, Call
from worker.tools.kubernetes_target.create.pod import Manifest
from worker.tools.kubernetes_target.deployment import FIELD_MANAGER
from worker.tools.kubernetes_target.release import APP, annotation
from worker.tools.kubernetes_target.reply import ApiRefused, Reply, refusal

_PLURALS = {
    "Deployment": "deployments",
    "Service": "services",
    "PodDisruptionBudget": "poddisruptionbudgets",
    "HorizontalPodAutoscaler": "horizontalpodautoscalers",
}
_APPLY = "application/apply-patch+yaml"  # JSON is YAML


def title(manifest: Manifest) -> str:
    """What people call it: ``service/iris``."""
    return f"{manifest['kind'].lower()}/{manifest['metadata']['name']}"


def check_ours(api: Api, manifest: Manifest) -> None:
    """ToolError when an object of this name is there that was not made for this app: its fields would be mixed with ours."""
    found, app = _find(api, manifest), manifest["metadata"]["annotations"][APP]
    if found is not None and annotation(found, APP) != app:
        advice = "delete it, or name another in target.service" if manifest["kind"] == "Service" else "delete it"
        raise ToolError("kubernetes", f"{title(manifest)} is there already and target.create of app {app!r} did not make it; {advice}")


def make(api: Api, manifest: Manifest, *, dry: bool) -> None:
    """POST an object that is not there; ``dry`` only asks whether it would be let in. Raises ApiRefused."""
    _checked(api.send(_call("POST", _collection(manifest), manifest, "application/json", dry)), manifest)


def apply(api: Api, manifest: Manifest, *, dry: bool) -> None:
    """Make an object what the manifest says of it (server-side apply, https://kubernetes.io/docs/reference/using-api/server-side-apply/).

    Raises:
        ToolError: somebody else holds a field and wants it otherwise; names the field and the manager.
        ApiRefused: the server said no for another reason.
    """
    _checked(api.send(_call("PATCH", _path(manifest), manifest, _APPLY, dry)), manifest)


def _call(method: str, path: str, manifest: Manifest, kind: str, dry: bool) -> Call:
    query = {"fieldManager": FIELD_MANAGER, **({"dryRun": "All"} if dry else {})}
    return Call(method, path, query, json.dumps(manifest).encode(), kind)


def _collection(manifest: Manifest) -> str:
    version, namespace = manifest["apiVersion"], manifest["metadata"]["namespace"]
    return f"/{'apis' if '/' in version else 'api'}/{version}/namespaces/{namespace}/{_PLURALS[manifest['kind']]}"


def _path(manifest: Manifest) -> str:
    return f"{_collection(manifest)}/{manifest['metadata']['name']}"


def _find(api: Api, manifest: Manifest) -> Raw | None:
    try:
        found: Raw = api.get(_path(manifest))
    except ApiRefused as error:
        if error.status != HTTPStatus.NOT_FOUND:
            raise
        return None
    return found


def _checked(reply: Reply, manifest: Manifest) -> None:
    if reply.status < HTTPStatus.BAD_REQUEST:
        return
    error, namespace = refusal(reply), manifest["metadata"]["namespace"]
    if f'namespaces "{namespace}" not found' in str(error):
        said = f"there is no namespace {namespace}; make it once: kubectl create namespace {namespace}"
        raise ToolError("kubernetes", said) from error
    if held := _held(reply):
        advice = "let target.create say the same, or change it back; nothing is taken from others by force"
        raise ToolError("kubernetes", f"{title(manifest)} -n {namespace}: {'; '.join(held)}; {advice}") from error
    raise error


def _held(reply: Reply) -> list[str]:
    """Which fields belong to whom, when that is why an apply was refused."""
    causes: list[Any] = (json.loads(reply.body).get("details") or {}).get("causes") or [] if reply.status == HTTPStatus.CONFLICT else []
    conflicts = [cause for cause in causes if cause.get("reason") == "FieldManagerConflict"]
    return [f"field {cause['field']} was set by {_manager(cause['message'])}" for cause in conflicts]


def _manager(message: str) -> str:
    named = re.search(r'"[^"]+"', message)
    return named[0] if named else message
