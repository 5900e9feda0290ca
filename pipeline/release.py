"""What an app's history is made of: releases that were verified, and contents that proved bad. Frozen values; knows no I/O."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field, replace

from pipeline.model import Run, Status, Trigger


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """A release that was live and that a person rolled back from: in which run, who, why and when (Unix seconds)."""

    run: str
    by: str
    reason: str
    at: float


@dataclass(frozen=True, slots=True)
class Release:
    """A verified release: all that is needed to put it back and to know that it is back, and what a reader of the history asks.

    Args:
        run: the run that verified it; its name in the history.
        image: the reference the target runs, by digest.
        image_id: the engine's own identity of that image.
        template: the target's own description of the release, opaque to everyone else.
        golden: the model's golden predictions as JSON text, or empty.
        verified_at: Unix seconds.
        content: digest of code, model and environment, the same after a rebuild; empty in a record from before it was kept.
        message: the commit's subject.
        model: digest of the model's folder, or empty.
        metrics: what ``evaluate`` measured of the model.
        revision: the target's own number of it, or empty.
        requested_by: who asked for the run.
        built_by: the run that built it, when ``run`` only rolled back to it; else empty.
        withdrawn: why it is not to come back by itself.
    """

    app: str
    run: str
    commit: str
    image: str
    image_id: str
    template: str
    golden: str
    verified_at: float
    content: str = ""
    message: str = ""
    model: str = ""
    metrics: Mapping[str, str] = field(default_factory=dict)
    revision: str = ""
    requested_by: str = ""
    built_by: str = ""
    withdrawn: Withdrawn | None = None

    @property
    def origin(self) -> str:
        """The run that built it."""
        return self.built_by or self.run


@dataclass(frozen=True, slots=True)
class BadRelease:
    """A content that must not go live again by itself: which run of which commit showed it, why, and when (Unix seconds)."""

    content: str
    run: str
    commit: str
    reason: str
    at: float


def proved_bad(run: Run) -> BadRelease | None:
    """What a run that ended says against the content it rolled out.

    Only its rollout or verification can say so, and only by *failed*: trouble of the machinery or a lack of room is not the release's.
    """
    content, bad = run.outputs("build").get("content", ""), run.first_bad
    if not content or bad is None or bad.name not in ("rollout", "verify") or bad.status is not Status.FAILED:
        return None
    return BadRelease(content, run.id, run.built_commit, f"{bad.name}: {bad.headline}", run.finished_at or 0.0)


def withdrawn(live: Release | None, run: Run, release: Release | None) -> Release | None:
    """What was live, marked by the rollback that has put ``release`` in its place; None when that is the same content, or no rollback."""
    if run.trigger is not Trigger.ROLLBACK or live is None or release is None or live.content == release.content:
        return None
    return replace(live, withdrawn=Withdrawn(run.id, run.requested_by, run.message, run.finished_at or 0.0))


def declared_bad(release: Release) -> BadRelease | None:
    """What a withdrawn release says against its content: a person has said so."""
    mark = release.withdrawn
    if mark is None or not release.content:
        return None
    return BadRelease(release.content, mark.run, release.commit, f"{mark.by} rolled back from it: {mark.reason}", mark.at)


def before_live(releases: Sequence[Release], bad: Container[str]) -> Release | None:
    """The newest release that one would go back to: neither the content that is live nor one known to be bad.

    Args:
        releases: the history, newest first; the first one is live.
        bad: contents that proved bad.
    """
    return next((found for found in releases[1:] if found.content != releases[0].content and found.content not in bad), None)
