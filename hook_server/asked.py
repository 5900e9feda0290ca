"""A person's or a job's wish → Run: the tip of a branch, a commit, a run once more, a release back. Pure: no clock, no store, no HTTP."""

from dataclasses import replace

from pipeline.model import Run, Trigger
from pipeline.release import Release
from pipeline.spec import App

_SAID = {
    Trigger.API: ("commit", "force", "requested_by"),
    Trigger.REPLAY: ("force", "requested_by"),  # what is repeated is part of its key
    Trigger.ROLLBACK: ("restores", "message", "requested_by"),
}
"""What a wish says of the run that it starts."""


def requested(app: App, commit: str, *, force: bool, key: str, by: str, run_id: str, now: float) -> Run:
    """A run of the app's branch where it is now, or pinned at ``commit`` when that is not empty.

    Of an app that follows only tags there is no branch: a commit must be named, and the run stands for no ref.

    Args:
        force: rolled out though its content proved bad.
        key: the Idempotency-Key; the same key is the same run for 7 days.
        by: who asks, for people to read.
    """
    return Run(
        id=run_id,
        app=app.name,
        trigger=Trigger.API,
        ref=app.source.ref,
        commit=commit,
        pinned=bool(commit),
        concurrency=app.concurrency,
        force=force,
        delivery=f"api:{key}",
        requested_by=by,
        created_at=now,
    )


def replayed(run: Run, *, force: bool, key: str, by: str, run_id: str, now: float) -> Run:
    """A run once more, at exactly the commit it built; never superseded and never moved to a newer tip."""
    return Run(
        id=run_id,
        app=run.app,
        trigger=Trigger.REPLAY,
        ref=run.ref,
        commit=run.built_commit,
        pinned=True,
        delivery=f"replay:{run.id}:{key}{':force' if force else ''}",
        replay_of=run.id,
        force=force,
        requested_by=by,
        message=run.outputs("pull").get("message", run.message),
        created_at=now,
    )


def redelivered(run: Run, entry: str, *, key: str, by: str) -> Run:
    """The run of a delivery that a person sends through once more: at exactly its commit, as a replay is.

    Args:
        run: as the delivery alone asks for it.
        entry: of the log.
        key: the same key is the same run for 7 days.
    """
    return replace(run, trigger=Trigger.REDELIVERY, pinned=True, delivery=f"redelivery:{entry}:{key}", requested_by=by)


def rolled_back(app: App, release: Release, reason: str, *, delivery: str, by: str, run_id: str, now: float) -> Run:
    """A run that puts a release back and does nothing else; it waits its turn and is never superseded.

    Args:
        reason: why, for the history.
    """
    return Run(
        id=run_id,
        app=app.name,
        trigger=Trigger.ROLLBACK,
        ref=app.source.ref,
        commit=release.commit,
        pinned=True,
        delivery=delivery,
        restores=release.run,
        requested_by=by,
        message=reason,
        created_at=now,
    )


def same_wish(kept: Run, wished: Run) -> bool:
    """Whether the wish that started a run is this one, which brings the same Idempotency-Key.

    https://datatracker.ietf.org/doc/html/draft-ietf-httpapi-idempotency-key-header-07#section-2.7
    """
    return all(getattr(kept, said) == getattr(wished, said) for said in _SAID[wished.trigger])
