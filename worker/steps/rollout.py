"""rollout: the new release, replica by replica, watched to a verdict."""

from collections.abc import Mapping

from pipeline.model import Release
from worker.step import StepContext


def rollout(context: StepContext) -> Mapping[str, str]:
    """Hand the tagged image to the target; StepFailed carries what the failing replica said."""
    if context.live is None and "before" not in context.run.outputs("rollout"):
        context.save({"before": _adopted(context)})
    image = context.run.outputs("tag")["image"]
    return context.tools.target.rollout(image, context.run, context.settings.timeout, context.log)


def _adopted(context: StepContext) -> str:
    """Before the first release of ours, what serves complete and healthy is what a bad one gives way to again."""
    template = context.tools.target.snapshot()
    if template is None:
        return "nothing"
    context.adopt(Release(context.app.name, run="", commit="", image="", image_id="", template=template, golden="", verified_at=0.0))
    context.log("what serves now is kept, to go back to if this release is bad")
    return "kept"
