"""What a release looks like on a Deployment: marks and patches, and what is read back from them. Pure; sends nothing."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.errors import ToolError
from pipeline.model import Run
from worker.observation import RUN, Raw
from worker.pod_template import bare, fingerprint

APP, COMMIT, FENCE, IMAGE = "pushrail.io/app", "pushrail.io/commit", "pushrail.io/fence", "pushrail.io/image"
TEMPLATE, REPLICAS, BAD = "pushrail.io/template", "pushrail.io/replicas", "pushrail.io/bad"
CAUSE, REVISION = "kubernetes.io/change-cause", "deployment.kubernetes.io/revision"

DeployPatch = dict[str, Any]
RestorePatch = list[dict[str, Any]]
Marks = Mapping[str, str | None]
"""Annotations of the Deployment; None takes one away. They stand on the Deployment and not on its pods, so that a commit which builds the
image that runs already restarts nothing."""


def marks(app: str, run: Run, image: str) -> Marks:
    """What a rollout writes."""
    cause = f"pushrail run {run.id}: {run.built_commit[:12]} as {image}"
    return {APP: app, RUN: run.id, COMMIT: run.built_commit, FENCE: str(run.fence), IMAGE: image, CAUSE: cause}


def marks_of_restore(app: str, run: Run, image: str) -> Marks:
    """What a restore writes; which commit the old template came from is not known here, and a wrong one is worse than none."""
    return {**marks(app, run, image), COMMIT: None, CAUSE: f"pushrail run {run.id}: back to {image}"}


def digest(template: Raw) -> str:
    """A short text that tells templates apart."""
    return hashlib.sha256(fingerprint(template).encode()).hexdigest()[:16]


def deploy_patch(deployment: Raw, container: str, image: str, annotations: Marks) -> DeployPatch:
    """A strategic merge patch that applies to exactly this version of exactly this object.

    It sends replicas in one case only: to a Deployment that ``retire_patch`` has scaled to 0. Nobody else would undo that: an autoscaler
    leaves a Deployment at 0 alone.
    """
    template = deployment["spec"]["template"]
    told = {**annotations, TEMPLATE: digest(_with_image(template, container, image)), REPLICAS: None, BAD: None}
    stopped = stopped_at(deployment)
    return {
        "metadata": {**_version(deployment), "annotations": told},
        "spec": {
            **({"replicas": stopped} if stopped else {}),
            "template": {"spec": {"containers": [{"name": container, "image": image}]}},
        },
    }


def renew_patch(deployment: Raw, wanted: Raw, annotations: Marks) -> RestorePatch:
    """A JSON patch that makes template and progress deadline what a manifest says; replicas are sent as in ``deploy_patch``."""
    stopped = stopped_at(deployment)
    return [
        *restore_patch(deployment, wanted["spec"]["template"], {**annotations, REPLICAS: None}),
        {"op": "add", "path": "/spec/progressDeadlineSeconds", "value": wanted["spec"]["progressDeadlineSeconds"]},
        *([{"op": "add", "path": "/spec/replicas", "value": stopped}] if stopped else []),
    ]


def stopped_at(deployment: Raw) -> int:
    """How many replicas there were when ``retire_patch`` scaled it to 0; 0 when it is not at 0, or it was a person."""
    return int(annotation(deployment, REPLICAS) or 0) if deployment["spec"].get("replicas") == 0 else 0


def retire_patch(deployment: Raw, run: Run, *, stop: bool) -> DeployPatch:
    """Mark what is there as bad, so that nothing goes back to it; to stop it, scale to 0 and keep in mind how many there were."""
    replicas = deployment["spec"].get("replicas", 1)
    kept = {REPLICAS: str(replicas)} if stop and replicas else {}
    return {
        "metadata": {**_version(deployment), "annotations": {FENCE: str(run.fence), BAD: run.id, **kept}},
        **({"spec": {"replicas": 0}} if stop else {}),
    }


def restore_patch(deployment: Raw, template: Raw, annotations: Marks) -> RestorePatch:
    """A JSON patch that replaces the whole template and edits annotations key by key: others' stay (``rollout undo`` drops them)."""
    present = deployment["metadata"].get("annotations")
    return [
        *({"op": "test", "path": f"/metadata/{key}", "value": value} for key, value in _version(deployment).items()),
        {"op": "replace", "path": "/spec/template", "value": template},
        *([] if present else [{"op": "add", "path": "/metadata/annotations", "value": {}}]),
        *_edits(present or {}, {**annotations, TEMPLATE: digest(template), BAD: None}),
    ]


def digest_patch(deployment: Raw) -> DeployPatch:
    """Nothing but the digest of the template as it stands, for an admission webhook may have added to what was sent."""
    told = {TEMPLATE: digest(deployment["spec"]["template"])}
    return {"metadata": {**_version(deployment), "annotations": told}}


def _version(deployment: Raw) -> dict[str, str]:
    return {key: deployment["metadata"][key] for key in ("uid", "resourceVersion")}


def _with_image(template: Raw, container: str, image: str) -> Raw:
    containers = [{**found, "image": image} if found["name"] == container else found for found in template["spec"]["containers"]]
    return {**template, "spec": {**template["spec"], "containers": containers}}


def _edits(present: Raw, annotations: Marks) -> Iterator[dict[str, Any]]:
    for key, value in annotations.items():
        path = f"/metadata/annotations/{key.replace('~', '~0').replace('/', '~1')}"
        if value is not None:
            yield {"op": "add", "path": path, "value": value}
        elif key in present:
            yield {"op": "remove", "path": path}


def annotation(deployment: Raw, key: str) -> str:
    return str((deployment["metadata"].get("annotations") or {}).get(key, ""))


def image_of(template: Raw, container: str) -> str:
    """The image of a container; ToolError when there is no such container."""
    images = {found["name"]: found["image"] for found in template["spec"]["containers"]}
    if container not in images:
        raise ToolError("kubernetes", f"the Deployment has no container {container!r}; set target.container to one of {sorted(images)}")
    return str(images[container])


def images_in(pod: Raw) -> Iterator[str]:
    """Every image a pod or a pod template refers to, by all names it is known by."""
    for key in ("containers", "initContainers"):
        yield from (found["image"] for found in pod["spec"].get(key) or ())
    for key in ("containerStatuses", "initContainerStatuses"):
        for found in pod.get("status", {}).get(key) or ():
            yield from (name for name in (found["image"], found["imageID"].rpartition("://")[2]) if name)


def saved(template: Raw) -> str:
    """The text a template is kept as."""
    return json.dumps(bare(template))


def kept(text: str) -> Raw:
    """The template that ``saved`` made a text of; ToolError when it is that of several Deployments."""
    template: Raw = json.loads(text)
    if "spec" not in template:
        told = f"the release that was kept is of {' and '.join(template)} together; verify a release of this Deployment alone first"
        raise ToolError("kubernetes", f"{told}, or put target.deployment in pipeline.yaml back")
    return template


def selector_text(selector: Raw) -> str:
    """A Deployment's selector in the form a list is asked with."""
    equal = [f"{key}={value}" for key, value in (selector.get("matchLabels") or {}).items()]
    return ",".join([*equal, *(_expression(found) for found in selector.get("matchExpressions") or ())])


def _expression(found: Raw) -> str:
    values = ",".join(found.get("values") or ())
    forms = {"In": "{0} in ({1})", "NotIn": "{0} notin ({1})", "Exists": "{0}", "DoesNotExist": "!{0}"}
    return forms[found["operator"]].format(found["key"], values)
