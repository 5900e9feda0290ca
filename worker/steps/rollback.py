"""rollback: the last verified release, back and verified again."""

from collections.abc import Mapping

from pipeline.errors import StepSkipped
from pipeline.model import Status
from pipeline.spec import VerifySettings
from worker import golden
from worker.step import StepContext


def rollback(context: StepContext) -> Mapping[str, str]:
    """Restore our record of the last good release: the whole template, not "the previous revision", which may be a bad one too."""
    tried, live = context.run.result("rollout"), context.live
    if tried is None or tried.status is Status.SKIPPED:
        raise StepSkipped("nothing was rolled out")
    if live is None:
        raise StepSkipped("there is no earlier verified release to go back to")
    context.log(f"restoring {live.image or 'what served before the first release'}")
    outputs = context.tools.target.restore(live.template, context.run, context.settings.timeout, context.log)
    if live.golden:
        golden.check(context.tools.target, live.golden, _latency(context), context.log)
    return {**outputs, "restored": live.image, "commit": live.commit}


def _latency(context: StepContext) -> float:
    """What verify allows a golden prediction, for the last good release alike."""
    return next((entry.verify.latency for entry in context.app.steps if entry.verify), VerifySettings().latency)
