"""Without ``target.create``, a release touches the image, our annotations and nothing else in the namespace."""

import json
from typing import Any

import pytest

from tests.integration.kubernetes.app import NEXT, App, Lines, kubectl, run

pytestmark = pytest.mark.cluster

OTHERS = "service,configmap,secret,serviceaccount,role,rolebinding,horizontalpodautoscaler,poddisruptionbudget,ingress,networkpolicy,job"
MARKS = {f"pushrail.io/{name}" for name in ("app", "run", "commit", "fence", "image", "template")} | {"kubernetes.io/change-cause"}


def others(app: App) -> dict[str, Any]:
    """All of the app's neighbourhood, whole, as it is stored; Endpoints and pods follow the pods by themselves."""
    found = json.loads(app.kubectl("get", OTHERS, "-o", "json"))["items"]
    return {f"{one['kind']}/{one['metadata']['name']}": one for one in found}


def test_rollout_hold_and_restore_change_the_image_and_our_annotations_alone(app: App) -> None:
    app.create_ready()
    app.kubectl("autoscale", f"deployment/{app.name}", "--max=3")
    app.apply(budget(app.name))
    target, before, around = app.target(), app.whole(), others(app)
    saved = target.snapshot()
    assert saved is not None
    target.rollout(NEXT, run(1), 60, Lines())
    target.request("/", None, 5)
    target.hold(NEXT, run(1), 0.2, Lines())
    assert without_ours(app.whole()) == without_ours(before)
    assert owned_by_us(app.whole()) == {*(f"metadata.annotations.{mark}" for mark in MARKS), "spec.template.spec.containers.web.image"}
    target.restore(saved, run(1), 60, Lines())
    assert without_ours(app.whole()) == without_ours(before)
    assert app.container() == before["spec"]["template"]["spec"]["containers"][0]
    assert settled(others(app)) == settled(around)


def budget(name: str) -> Any:
    versions = kubectl("api-versions").split()
    return {
        "apiVersion": "policy/v1" if "policy/v1" in versions else "policy/v1beta1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": name, "labels": {"app": name}},
        "spec": {"maxUnavailable": 1, "selector": {"matchLabels": {"app": name}}},
    }


def without_ours(deployment: Any) -> Any:
    """The whole Deployment but for the image, our annotations, and what the API server and its controllers count and note themselves."""
    found = json.loads(json.dumps(deployment))
    metadata = found["metadata"]
    for counted in ("generation", "resourceVersion"):
        del metadata[counted]
    for mark in (*MARKS, "deployment.kubernetes.io/revision"):
        metadata["annotations"].pop(mark, None)
    del found["status"], found["spec"]["template"]["spec"]["containers"][0]["image"]
    metadata["managedFields"] = [_less_image(entry) for entry in metadata["managedFields"] if entry["manager"] not in OWN]
    return found


OWN = ("pushrail", "kube-controller-manager")


def _less_image(entry: Any) -> Any:
    """What a manager holds, but for the image, which is whoever's who set it last; the version's own time goes with it."""
    for container in entry["fieldsV1"]["f:spec"]["f:template"]["f:spec"]["f:containers"].values():
        container.pop("f:image", None)
    return {key: value for key, value in entry.items() if key != "time"}


def owned_by_us(deployment: Any) -> set[str]:
    """Dotted paths of the fields that the field manager of a rollout holds."""
    entries = [entry for entry in deployment["metadata"]["managedFields"] if entry["manager"] == "pushrail"]
    return {path for entry in entries for path in _paths(entry["fieldsV1"])}


def _paths(fields: Any, above: str = "") -> set[str]:
    if not fields:
        return {above}
    return {path for key, below in fields.items() if key != "." for path in _paths(below, f"{above}.{_word(key)}".lstrip("."))}


def _word(key: str) -> str:
    """``f:image`` is the field image, ``k:{"name":"web"}`` the item of that name."""
    return str(json.loads(key[2:])["name"]) if key.startswith("k:") else key[2:]


def settled(found: Any) -> Any:
    """Without what controllers report, be it as status or, on a HorizontalPodAutoscaler of v1, as annotations."""
    kept = json.loads(json.dumps(found))
    for one in kept.values():
        metadata = one["metadata"]
        one.pop("status", None)
        metadata.pop("resourceVersion")
        notes = metadata.get("annotations", {})
        metadata["annotations"] = {key: value for key, value in notes.items() if not key.startswith("autoscaling.alpha.kubernetes.io/")}
        metadata["managedFields"] = [entry for entry in metadata.get("managedFields", ()) if entry["manager"] != "kube-controller-manager"]
    return kept
