"""rollback: a verified release, back and verified again: the last one after a failure, or the one a person asked for."""

from collections.abc import Mapping

from pipeline.errors import StepSkipped, ToolError
from pipeline.model import Status, Trigger
from pipeline.release import Release
from pipeline.spec import VerifySettings
from worker import golden
from worker.step import StepContext


def rollback(context: StepContext) -> Mapping[str, str]:
    """Restore our record of a good release: the whole template, not "the previous revision", which may be a bad one too."""
    release = _asked_for(context) if context.run.trigger is Trigger.ROLLBACK else _last_good(context)
    context.log(f"restoring {release.image or 'what served before the first release'}")
    outputs = context.tools.target.restore(release.template, context.run, context.settings.timeout, context.log)
    if release.golden:
        golden.check(context.tools.target, release.golden, _latency(context), context.log)
    return {**outputs, "restored": release.image, "commit": release.commit}


def _last_good(context: StepContext) -> Release:
    tried, live = context.run.result("rollout"), context.live
    refused = tried is not None and tried.status is Status.REJECTED and "image" not in tried.outputs
    if tried is None or tried.status is Status.SKIPPED or refused:
        raise StepSkipped("nothing was rolled out")
    if live is None:
        raise StepSkipped("there is no earlier verified release to go back to")
    return live


def _asked_for(context: StepContext) -> Release:
    """Whatever speaks against it is said before anything is changed."""
    release = context.restores
    if release is None:
        raise ToolError("history", f"the release of run {context.run.restores} is not kept any more; replay that run to build it again")
    if not context.tools.images.has(release.image):
        raise ToolError("images", f"{release.image} is gone, so nothing was changed; replay run {release.origin} to build it again")
    return release


def _latency(context: StepContext) -> float:
    """What verify allows a golden prediction, for a release that comes back alike."""
    return next((entry.verify.latency for entry in context.app.steps if entry.verify), VerifySettings().latency)
