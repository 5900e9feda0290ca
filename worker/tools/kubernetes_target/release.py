"""What a release looks like on a Deployment: marks and patches, and what is read back from them. Pure; sends nothing."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.errors import Fenced, ToolError
from pipeline.model import Run
from worker.observation import RUN, Raw
from worker.pod_template import bare

APP, COMMIT, FENCE, IMAGE = "pushrail.io/app", "pushrail.io/commit", "pushrail.io/fence", "pushrail.io/image"
CAUSE = "kubernetes.io/change-cause"

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


def deploy_patch(deployment: Raw, container: str, image: str, annotations: Marks) -> DeployPatch:
    """A strategic merge patch that applies to exactly this version of exactly this object, and never sends replicas."""
    metadata = deployment["metadata"]
    return {
        "metadata": {"uid": metadata["uid"], "resourceVersion": metadata["resourceVersion"], "annotations": dict(annotations)},
        "spec": {"template": {"spec": {"containers": [{"name": container, "image": image}]}}},
    }


def restore_patch(deployment: Raw, template: Raw, annotations: Marks) -> RestorePatch:
    """A JSON patch that replaces the whole template and edits annotations key by key: others' stay (``rollout undo`` drops them)."""
    metadata = deployment["metadata"]
    present = metadata.get("annotations")
    return [
        {"op": "test", "path": "/metadata/uid", "value": metadata["uid"]},
        {"op": "test", "path": "/metadata/resourceVersion", "value": metadata["resourceVersion"]},
        {"op": "replace", "path": "/spec/template", "value": template},
        *([] if present else [{"op": "add", "path": "/metadata/annotations", "value": {}}]),
        *_edits(present or {}, annotations),
    ]


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


def check_owner(deployment: Raw, app: str, run: Run) -> None:
    """Refuse to touch what a newer attempt or another app has written.

    Raises:
        Fenced: the mark on the Deployment is of a newer attempt than this.
        ToolError: it belongs to another app.
    """
    owner = annotation(deployment, APP)
    if owner not in ("", app):
        raise ToolError("kubernetes", f"the Deployment belongs to app {owner!r} (annotation {APP}); two apps cannot share one")
    number = annotation(deployment, FENCE)
    if number.isdecimal() and int(number) > run.fence:
        raise Fenced(
            f"attempt {number} has written to the Deployment, this is {run.fence}; after a reset of Redis, remove annotation {FENCE}"
        )


def left_by(run: Run, deployment: Raw, container: str) -> bool:
    """Whether the Deployment is as this run left it, or this run only restores: it has tried no rollout of its own."""
    if annotation(deployment, RUN) != run.id:
        return run.result("rollout") is None
    return annotation(deployment, IMAGE) == image_of(deployment["spec"]["template"], container)


def saved(template: Raw) -> str:
    """The text a template is kept as."""
    return json.dumps(bare(template))


def selector_text(selector: Raw) -> str:
    """A Deployment's selector in the form a list is asked with."""
    equal = [f"{key}={value}" for key, value in (selector.get("matchLabels") or {}).items()]
    return ",".join([*equal, *(_expression(found) for found in selector.get("matchExpressions") or ())])


def _expression(found: Raw) -> str:
    values = ",".join(found.get("values") or ())
    forms = {"In": "{0} in ({1})", "NotIn": "{0} notin ({1})", "Exists": "{0}", "DoesNotExist": "!{0}"}
    return forms[found["operator"]].format(found["key"], values)
