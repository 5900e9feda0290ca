"""Should this push become a run of that app? Delivery + App → Run or Ignored. Pure: no clock, no store, no HTTP."""

import re
from collections.abc import Container, Iterable
from dataclasses import dataclass

from pipeline.delivery import Delivery
from pipeline.globs import touches
from pipeline.model import Run, Trigger
from pipeline.spec import App

SKIP_MARKERS = ("[skip ci]", "[ci skip]", "[no ci]", "[skip actions]", "[actions skip]")
SKIP_TRAILER = r"(?im)^skip-checks:\s*true\s*$"
"""https://docs.github.com/en/actions/how-tos/manage-workflow-runs/skip-workflow-runs"""

_EVERYTHING = ("**",)
_UNSAFE = re.compile(r"[\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069]+")


@dataclass(frozen=True, slots=True)
class Ignored:
    """The push starts no run of this app, and why."""

    reason: str


def addressed(delivery: Delivery, apps: Iterable[App], signers: Container[str]) -> list[App]:
    """The apps this delivery may speak for: theirs is the repository, and their own secret signed it."""
    name = delivery.repository.casefold()
    return [app for app in apps if app.name in signers and app.source.repository.casefold() == name]


def accept(delivery: Delivery, app: App, *, run_id: str, now: float) -> Run | Ignored:
    """Decide about one app that the delivery speaks for.

    Args:
        run_id: the new run's, should there be one.
        now: Unix seconds.
    """
    if reason := _objection(delivery, app):
        return Ignored(reason)
    return Run(
        id=run_id,
        app=app.name,
        trigger=Trigger.PUSH,
        ref=delivery.ref,
        commit=delivery.commit,
        before=delivery.before,
        delivery=delivery.claim,
        requested_by=one_line(delivery.sender),
        message=one_line(delivery.message),
        created_at=now,
    )


def _objection(delivery: Delivery, app: App) -> str:
    if delivery.ref != app.source.ref:
        return f"the push is to {one_line(delivery.ref)}, the app follows {app.source.ref}"
    if delivery.deleted:
        return f"the push deleted {app.source.ref}"
    if marker := skip_marker(delivery.message):
        return f"the commit message says {marker}"
    if delivery.changed is not None and not touches(delivery.changed, app.source.paths):
        return f"no changed path matches {', '.join(app.source.paths)}"
    return ""


def note(delivery: Delivery, app: App) -> str:
    """What is worth telling about an accepted push."""
    filtered = app.source.paths != _EVERYTHING
    return "the push does not say every path it changed, so the path filter let it through" if filtered and delivery.changed is None else ""


def skip_marker(message: str) -> str:
    """The words of a commit message that ask for no run, or nothing."""
    lowered = message.lower()
    trailers = lowered.rstrip().rpartition("\n\n")[2] if "\n\n" in lowered.rstrip() else ""
    spoken = [marker for marker in SKIP_MARKERS if marker in lowered]
    return (spoken or (["skip-checks: true"] if re.search(SKIP_TRAILER, trailers) else [""]))[0]


def one_line(text: str, most: int = 200) -> str:
    """The first line of what somebody wrote, fit to be shown: no control or text-direction characters, at most ``most`` long."""
    first = _UNSAFE.sub(" ", text.lstrip().partition("\n")[0]).strip()
    return first if len(first) <= most else f"{first[: most - 1]}…"
