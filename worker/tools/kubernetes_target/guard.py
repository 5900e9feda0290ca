"""What must not be touched: each check lets a Deployment pass, or raises and says what to do.

Pure; asked of the very version that is patched.
"""

from pipeline.errors import Fenced, StepSkipped, ToolError
from pipeline.model import Run
from pipeline.spec import KubernetesTarget
from worker.observation import RUN, Raw
from worker.tools.kubernetes_target.managers import managed
from worker.tools.kubernetes_target.release import APP, FENCE, REPLICAS, TEMPLATE, annotation, digest, image_of


def named(deployment: Raw) -> str:
    """What kubectl calls it."""
    metadata = deployment["metadata"]
    return f"deployment/{metadata.get('name')} -n {metadata.get('namespace')}"


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


def check_movable(deployment: Raw) -> None:
    """ToolError when nothing would come of a rollout: it is paused, or a person has scaled it to 0."""
    if deployment["spec"].get("paused"):
        raise ToolError("kubernetes", f"{named(deployment)} is paused; run: kubectl rollout resume {named(deployment)}")
    if deployment["spec"].get("replicas") == 0 and not annotation(deployment, REPLICAS):
        raise ToolError("kubernetes", f"{named(deployment)} is scaled to 0 replicas, so no release can be verified; scale it up")


def check_managers(deployment: Raw, co_managed: bool) -> None:
    """ToolError when a tool would undo what is done to it, unless the operator has said that it may be so."""
    found = managed(deployment)
    if found and not co_managed:
        told = f"{named(deployment)} would not stay as released: {found}"
        raise ToolError("kubernetes", f"{told}; when that is done, or if it does no harm, set co_managed: true in target")


def check_fit(deployment: Raw, place: KubernetesTarget) -> None:
    """ToolError when it can take no release as it stands, whoever's it is and whichever."""
    image_of(deployment["spec"]["template"], place.container)
    check_managers(deployment, place.co_managed)
    check_movable(deployment)


def as_left(deployment: Raw, run: Run) -> bool:
    """Whether it is as this run left it: its mark, and under it the very template."""
    written = annotation(deployment, RUN), annotation(deployment, TEMPLATE)
    return written == (run.id, digest(deployment["spec"]["template"]))


def check_left(deployment: Raw, run: Run) -> None:
    """StepSkipped when it is not as this run left it: there is nothing of this run to undo, or somebody else has a hand in it."""
    if not as_left(deployment, run):
        raise StepSkipped(f"{named(deployment)} is not as this run left it, so it is left alone")
