"""rollout: the new release, replica by replica, watched to a verdict."""

from collections.abc import Mapping

from pipeline.errors import StepRejected, ToolError
from pipeline.release import Release
from worker.finding import Severity
from worker.step import StepContext


def rollout(context: StepContext) -> Mapping[str, str]:
    """Hand the tagged image to the target; StepFailed carries what the failing replica said."""
    image = context.run.outputs("tag")["image"]
    _refuse_what_proved_bad(context)
    _preflight(context, image)
    if context.live is None and "before" not in context.run.outputs("rollout"):
        context.save({"before": _adopted(context)})
    context.save({"image": image})  # from here on there may be something to undo, whatever becomes of this attempt
    return context.tools.target.rollout(image, context.run, context.settings.timeout, context.log)


def _refuse_what_proved_bad(context: StepContext) -> None:
    """A content that another run rolled back from goes out again only by force; what is live already cannot make anything worse."""
    bad, run = context.bad, context.run
    if bad is None or bad.run == run.id or (context.live and context.live.content == bad.content):
        return
    said = f"this very content proved bad in run {bad.run} ({bad.reason})"
    if not run.force:
        raise StepRejected(f"{said}; push a change, or deploy it anyway: replay run {run.id} with force")
    context.log(f"{said}; it is rolled out by force")


def _preflight(context: StepContext, image: str) -> None:
    """Nothing is changed before the target has been looked at: its warnings are for the log, its errors end the step."""
    errors = []
    for finding in context.tools.target.preflight(image, context.run):
        if finding.severity is Severity.WARNING:
            context.log(f"warning: {finding.tool}: {finding.said}")
        elif finding.severity is Severity.ERROR:
            errors.append(finding)
    if errors:
        others = (f"{finding.tool}: {finding.said}" for finding in errors[1:])
        raise ToolError(errors[0].tool, "\n".join([errors[0].said, *others]))


def _adopted(context: StepContext) -> str:
    """Before the first release of ours, what serves complete and healthy is what a bad one gives way to again."""
    template = context.tools.target.snapshot()
    if template is None:
        return "nothing"
    context.adopt(Release(context.app.name, run="", commit="", image="", image_id="", template=template, golden="", verified_at=0.0))
    context.log("what serves now is kept, to go back to if this release is bad")
    return "kept"
