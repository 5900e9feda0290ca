"""How values read on a page: times, spans, commits, statuses. Pure; the templates' filters."""

import re
from datetime import UTC, datetime

from hook_server.accept import one_line
from pipeline.delivery import Received
from pipeline.model import Run, Status, Trigger

_UNITS = ((86_400, "d"), (3600, "h"), (60, "min"))
_ASKED = {
    Trigger.PUSH: "pushed",
    Trigger.RECONCILE: "found",
    Trigger.API: "started",
    Trigger.REPLAY: "replayed",
    Trigger.REDELIVERY: "redelivered",
    Trigger.ROLLBACK: "rollback",
}


def span(seconds: float) -> str:
    """``0.4 s``, ``12 s``, ``1 min 05 s``, ``2 h 10 min``, ``3 d``."""
    if seconds < 10:
        return f"{max(seconds, 0):.1f} s"
    if seconds < 60:
        return f"{seconds:.0f} s"
    whole = int(seconds)
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min" if whole < 2 * 86_400 else f"{whole // 86_400} d"


def about(seconds: float) -> str:
    """A span in its largest unit alone: ``12 s``, ``5 min``, ``3 h``, ``89 d``."""
    for size, unit in _UNITS:
        if seconds >= size:
            return f"{int(seconds // size)} {unit}"
    return f"{int(seconds)} s"


def ago(seconds: float) -> str:
    """How long something is past, as people say it."""
    return f"{about(seconds)} ago" if seconds >= 1 else "just now"


def absolute(at: float) -> str:
    """A Unix time as ``2026-01-31 12:00:00 UTC``."""
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M:%S} UTC"


def iso(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H:%M:%SZ}"


def short(text: str) -> str:
    """The start of a commit or of a ``…sha256:`` digest, long enough to be told apart."""
    digest = re.search(r"sha256:([0-9a-f]{12})", text)
    if digest:
        return f"sha256:{digest[1]}"
    return text[:8] if re.fullmatch(r"[0-9a-f]{40,}", text) else text


def branch(ref: str) -> str:
    return ref.removeprefix("refs/heads/").removeprefix("refs/tags/")


def word(status: str) -> str:
    return status.replace("_", " ")


def title(run: Run) -> str:
    """What a run is about: the message of the commit it built, or of the one it was asked for; of a rollback, why."""
    if run.trigger is Trigger.ROLLBACK:
        return f"Roll back: {run.message}"
    return run.outputs("pull").get("message", run.message) or (f"Tip of {branch(run.ref)}" if run.ref else short(run.commit))


def asked(run: Run) -> str:
    """``pushed by ada``, ``replayed by the dashboard``, ``rollback by grace``."""
    return f"{_ASKED[run.trigger]} by {run.requested_by}" if run.requested_by else _ASKED[run.trigger]


def about_what(received: Received) -> str:
    """What a delivery is about: the message of the commit that was pushed, or else what happened."""
    push = received.push
    if push is None:
        return f"Event {received.event}" if received.event else "A request that could not be read"
    if push.deleted:
        return f"{branch(push.ref)} was deleted"
    return one_line(push.message) or f"Push to {branch(push.ref)}"


def superseded_by(run: Run) -> str:
    """The id of the run that took this one's place, or nothing."""
    return taken_by(run.reason) if run.status is Status.SUPERSEDED else ""


def taken_by(reason: str) -> str:
    """The id of the run that took another's place, as the reason names it, or nothing."""
    match = re.fullmatch(r"by run ([A-Za-z0-9_-]+)", reason)
    return match[1] if match else ""


def took(run: Run, now: float) -> float | None:
    """Seconds from the run's first attempt to its end, or to ``now``; None before it began."""
    return None if run.started_at is None else (run.finished_at or now) - run.started_at


FILTERS = {
    function.__name__: function
    for function in (span, about, ago, absolute, iso, short, branch, word, title, asked, about_what, superseded_by, taken_by)
}
