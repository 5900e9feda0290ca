"""rollback: a verified release, back and verified again: the last one after a failure, or the one a person asked for.

After a first release that failed there is none: it is settled what becomes of it.
"""

from collections.abc import Mapping

from pipeline.errors import StepSkipped, ToolError
from pipeline.model import Trigger
from pipeline.release import Release
from pipeline.spec import RollbackSettings, VerifySettings
from worker import golden
from worker.step import StepContext


def rollback(context: StepContext) -> Mapping[str, str]:
    """Restore our record of a good release: the whole template, not "the previous revision", which may be a bad one too."""
    release = _asked_for(context) if context.run.trigger is Trigger.ROLLBACK else _last_good(context)
    if release is None:
        return _retire(context)
    context.log(f"restoring {release.image or 'what served before the first release'}")
    context.save({"tried": release.image})  # from here on another release may serve than before
    outputs = context.tools.target.restore(release.template, context.run, context.settings.timeout, context.log)
    if release.golden:
        golden.check(context.tools.target, release.golden, _latency(context), context.log)
    return {**outputs, "restored": release.image, "commit": release.commit}


def _last_good(context: StepContext) -> Release | None:
    tried, live = context.run.result("rollout"), context.live
    if tried is None or "image" not in tried.outputs:  # it was refused, or preflight ended it
        raise StepSkipped("nothing was rolled out")
    return live


def _retire(context: StepContext) -> Mapping[str, str]:
    """Nothing is restored here, and nothing says so."""
    settings = context.settings
    assert isinstance(settings, RollbackSettings)
    stop = settings.first_release == "stop"
    context.log("there is no earlier verified release to go back to")
    outputs = context.tools.target.retire(context.run, context.log, stop=stop)
    return {**outputs, "first_release": "stopped" if stop else "left as it is"}


def _asked_for(context: StepContext) -> Release:
    """Whatever speaks against it is said before anything is changed."""
    release = context.restores
    if release is None:
        raise ToolError("history", f"the release of run {context.run.restores} is not kept any more; replay that run to build it again")
    if _gone(context, release.image):
        raise ToolError("images", f"{release.image} is gone, so nothing was changed; replay run {release.origin} to build it again")
    return release


def _gone(context: StepContext, image: str) -> bool:
    """Whether that is certain: a registry that is away must not keep anybody from going back, since nodes may have the image."""
    try:
        return not context.tools.images.has(image)
    except ToolError as error:
        context.log(f"nobody says whether {image} is still there, so it is tried: {error}")
        return False


def _latency(context: StepContext) -> float:
    """What verify allows a golden prediction, for a release that comes back alike."""
    return next((entry.verify.latency for entry in context.app.steps if entry.verify), VerifySettings().latency)
