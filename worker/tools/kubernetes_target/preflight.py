"""All that is looked at before a Deployment is changed, the change itself as a rehearsal among it. Changes nothing."""

from collections.abc import Iterator
from http import HTTPStatus

from pipeline.errors import StepFailed, ToolError
from pipeline.spec import KubernetesTarget as Place
from worker.finding import Finding, Severity, error, good, warning
from worker.lint import lint, lint_pull
from worker.observation import Raw
from worker.tools import registry
from worker.tools.kubernetes_target.api import Api
from worker.tools.kubernetes_target.deployment import KubernetesDeployment, MakePatch
from worker.tools.kubernetes_target.managers import managed
from worker.tools.kubernetes_target.permissions import CREATING, NEEDED, missing
from worker.tools.kubernetes_target.release import IMAGE, annotation, image_of
from worker.tools.kubernetes_target.reply import ApiRefused, NotPermitted
from worker.tools.kubernetes_target.service import KubernetesService

REFUSED = (HTTPStatus.BAD_REQUEST, HTTPStatus.FORBIDDEN, HTTPStatus.UNPROCESSABLE_ENTITY)
"""How admission says no: webhooks with 403 or what they choose, quotas with 403, a ValidatingAdmissionPolicy with 422."""

UNREHEARSED = "does not support dry run"
"""An admission webhook that does not say it is free of side effects is not asked in a dry run; the request is refused instead."""


def look(api: Api, place: Place, image: str | None, rehearsal: Iterator[Finding]) -> Iterator[Finding]:
    """Look at permissions, Service, Deployment and image; at last, when nothing was in the way, have the change rehearsed.

    Args:
        image: what is to be rolled out; None to look at what serves now, as far as it is a release of ours.
        rehearsal: of the change; begins when it is asked for its first finding.

    Raises:
        ToolError: there is no Deployment, or the API server does not answer.
    """
    lacking = list(_access(api, place))
    yield from lacking
    if any(finding.severity is Severity.ERROR for finding in lacking):
        return
    yield from _there(KubernetesDeployment(api, place), place, image)
    yield from rehearsal


def _there(deployment: KubernetesDeployment, place: Place, image: str | None) -> Iterator[Finding]:
    found = deployment.find() if place.create else deployment.read()
    if found is None:
        yield good("kubernetes", f"{deployment} will be made by the first rollout; all that is needed there is permitted")
        return
    serving = image_of(found["spec"]["template"], place.container)
    yield good("kubernetes", f"{deployment} runs {serving}; all that is needed there is permitted")
    if place.co_managed and (manager := managed(found)):
        yield warning("kubernetes", manager)
    yield from lint(found, place.container, place.create.graceful_timeout if place.create else None)
    pulled = image or (serving if annotation(found, IMAGE) == serving else "")
    if pulled:
        yield from lint_pull(found, place.container, pulled)
        yield from _pullable(deployment, found, pulled)


def _access(api: Api, place: Place) -> Iterator[Finding]:
    """The Service first: its proxy goes by the Service's name and port, and a Role with ``resourceNames`` holds both."""
    address = ""
    try:
        address = KubernetesService(api, place).address()
    except NotPermitted:
        pass  # said below, with all the others
    except ToolError as unseen:
        if unseen.transient:
            raise
        if place.create is None:  # which makes the Service
            yield warning("kubernetes", f"golden predictions cannot be asked: {unseen.reason}")
    names = {"deployments": place.first, "services": place.service or place.first, "services/proxy": address}
    yield from missing(api, place.namespace, (*NEEDED, *CREATING) if place.create else NEEDED, names)


def _pullable(deployment: KubernetesDeployment, found: Raw, image: str) -> Iterator[Finding]:
    """Whether a node without credentials of its own could pull it; what only a registry's users are told is for the cluster to know."""
    if "@" not in image:
        return
    try:
        sight = registry.look(image)
    except ToolError as unseen:
        yield warning("registry", f"{unseen.reason}; the nodes may see more of it")
        return
    if sight is registry.Sight.THERE or _pull_secrets(deployment, found):
        return
    if sight is registry.Sight.ABSENT:
        yield error("registry", f"it has no {image}; push it again: replay the run, or see what deletes images there")
    else:
        yield warning(
            "registry", f"{image} is for its users only and no imagePullSecrets are set; set some, unless the nodes log in themselves"
        )


def _pull_secrets(deployment: KubernetesDeployment, found: Raw) -> bool:
    """Of the template, or of the service account: admission writes that one's into the pods (ServiceAccount admission controller)."""
    if found["spec"]["template"]["spec"].get("imagePullSecrets"):
        return True
    _, pods = deployment.owned(found)
    return any(pod["spec"].get("imagePullSecrets") for pod in pods)


def rehearsed(deployment: KubernetesDeployment, change: MakePatch) -> Iterator[Finding]:
    """Have the API server do all of the change but store it; StepFailed when the cluster does not admit it."""
    try:
        deployment.change(change, rehearsal=True)
    except NotPermitted:
        raise
    except ApiRefused as refused:
        if UNREHEARSED in refused.reason:
            yield warning(
                "kubernetes", f"the change cannot be rehearsed: {refused.reason}; give the webhook sideEffects: None if it has none"
            )
        elif refused.status in REFUSED:
            raise StepFailed(f"the cluster does not admit this release to {deployment}, nothing was changed: {refused.reason}") from refused
        else:
            raise
