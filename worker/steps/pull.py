"""pull: the commit to build, as a clean folder."""

from collections.abc import Mapping

from pipeline.model import is_tag
from worker import due
from worker.step import StepContext


def pull(context: StepContext) -> Mapping[str, str]:
    """Settle which commit this run is about and export it.

    A push says that a branch or a tag moved. Deliveries may come late and in any order, so an unpinned run builds where that is now: an
    older delivery can then never put an older commit live. An attempt that takes over stays with the commit that was settled on. Where
    there is nothing to build, the run is over.
    """
    commit = _commit(context)
    context.save({"commit": commit})
    if context.run.commit not in ("", commit):
        context.log(f"asked for {context.run.commit[:12]}; {context.run.ref} has moved on to {commit[:12]}, which is built")
    due.check(context, commit)
    context.tools.source.export(commit, context.workspace)
    subject = context.tools.source.subject(commit)
    context.log(f"{commit[:12]} {subject}")
    return {"commit": commit, "message": subject}


def _commit(context: StepContext) -> str:
    run, source = context.run, context.tools.source
    if settled := run.outputs("pull").get("commit"):
        return settled
    if run.pinned:
        return run.commit
    return source.tagged(run.ref) if is_tag(run.ref) else source.tip()
