"""pull: the commit to build, as a clean folder."""

from collections.abc import Mapping

from worker.step import StepContext


def pull(context: StepContext) -> Mapping[str, str]:
    """Settle which commit this run is about and export it.

    A push says that the branch moved. Deliveries may come late and in any order, so an unpinned run builds where the branch is now: an
    older delivery can then never put an older commit live. An attempt that takes over stays with the commit that was settled on.
    """
    commit = _commit(context)
    context.save({"commit": commit})
    if context.run.commit not in ("", commit):
        context.log(f"asked for {context.run.commit[:12]}; {context.app.source.branch} has moved on to {commit[:12]}, which is built")
    context.tools.source.export(commit, context.workspace)
    subject = context.tools.source.subject(commit)
    context.log(f"{commit[:12]} {subject}")
    return {"commit": commit, "message": subject}


def _commit(context: StepContext) -> str:
    settled = context.run.outputs("pull").get("commit")
    return settled or (context.run.commit if context.run.pinned else context.tools.source.tip())
