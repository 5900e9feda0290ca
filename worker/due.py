"""Whether a commit is to be built at all. Git decides, and what the run was asked for; changes nothing."""

from pipeline.errors import RunOver, StepFailed, ToolError
from pipeline.globs import touches
from pipeline.model import Trigger
from pipeline.skipping import skip_marker
from worker.step import StepContext


def check(context: StepContext, commit: str) -> None:
    """Raise RunOver when the commit is older than what is live, or no push of it changed anything that the app is about.

    A push that was found and not told of is asked here, too, whether its message says that it is to be skipped.
    What somebody asked for is built. So is what an earlier attempt has begun to roll out: that has to be brought to an end.
    """
    if context.run.trigger.is_wish or context.run.rollout_begun:
        return
    live = context.live
    if live and live.commit not in ("", commit) and context.tools.source.is_ancestor(commit, live.commit):
        said = f"{commit[:12]} is older than {live.commit[:12]}, which is live by run {live.run}"
        raise RunOver("superseded", f"{said}; to go back on purpose, replay a run of {commit[:12]} or roll back")
    found = context.run.trigger is Trigger.RECONCILE and not context.run.heir  # an heir stands for a push that asked for no such thing
    if found and (marker := skip_marker(context.tools.source.message(commit))):
        raise RunOver("cancelled", f"the commit message says {marker}")
    if context.run.since and not any(_touched(context, before, commit) for before in context.run.since):
        raise RunOver("cancelled", f"no changed path matches {', '.join(context.app.source.paths)}")


def _touched(context: StepContext, before: str, commit: str) -> bool:
    """Whether a path that matters is another than it was; so it is taken to be wherever git cannot tell."""
    if not before.strip("0"):
        context.log(f"{context.run.ref} was made by the push, so there is nothing to compare with and the path filter lets it through")
        return True
    try:
        return touches(context.tools.source.changed(before, commit), context.app.source.paths)
    except (StepFailed, ToolError) as error:
        context.log(f"git does not tell what changed since {before[:12]}, so the path filter lets it through: {error}")
        return True
