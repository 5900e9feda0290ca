"""rollout: the new release, replica by replica, watched to a verdict."""

from collections.abc import Mapping

from worker.step import StepContext


def rollout(context: StepContext) -> Mapping[str, str]:
    """Hand the tagged image to the target; StepFailed carries what the failing replica said."""
    image = context.run.outputs("tag")["image"]
    return context.tools.target.rollout(image, context.run, context.settings.timeout, context.log)
