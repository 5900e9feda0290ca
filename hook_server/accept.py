"""Should this push become a run of that app? Delivery + App → Run or Ignored. Pure: no clock, no store, no HTTP."""

import re
from collections.abc import Container, Iterable
from dataclasses import dataclass

from pipeline.delivery import Delivery
from pipeline.globs import touches
from pipeline.model import Run, Trigger, is_tag
from pipeline.skipping import skip_marker
from pipeline.spec import App

SWITCHED_OFF = "the app is switched off: enabled is false in pipeline.yaml"

_NOWHERE = "0" * 40
_CONTROL = r"\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069"
_UNSAFE = re.compile(f"[{_CONTROL}]+")
VISIBLE = rf"[^\s{_CONTROL}]"
"""A character that ``one_line`` can show, as a regular expression."""


@dataclass(frozen=True, slots=True)
class Ignored:
    """The push starts no run of this app, and why; ``alarming`` when somebody should look at it."""

    reason: str
    alarming: bool = False


def addressed(delivery: Delivery, apps: Iterable[App], signers: Container[str]) -> list[App]:
    """The apps this delivery may speak for: theirs is the repository, and their own secret signed it."""
    return [app for app in apps if app.name in signers and app.source.is_called(delivery.repository)]


def accept(delivery: Delivery, app: App, *, run_id: str, now: float, asked: bool = False) -> Run | Ignored:
    """Decide about one app that the delivery speaks for.

    Args:
        run_id: the new run's, should there be one.
        now: Unix seconds.
        asked: a person wants it, whoever pushed it and whatever the commit message says.
    """
    if app.source.id and delivery.repository_id != str(app.source.id):
        return Ignored(_impostor(delivery, app.source.id), alarming=True)
    if reason := _objection(delivery, app, asked):
        return Ignored(reason)
    return Run(
        id=run_id,
        app=app.name,
        trigger=Trigger.PUSH,
        ref=delivery.ref,
        commit=delivery.commit,
        before=delivery.before,
        pinned=app.concurrency == "keep-all",
        concurrency=app.concurrency,
        since=(delivery.before or _NOWHERE,) if _undecided(delivery, app) else (),
        delivery=delivery.claim,
        requested_by=one_line(delivery.sender),
        message=one_line(delivery.message),
        created_at=now,
    )


def _impostor(delivery: Delivery, wanted: int) -> str:
    """A name can pass to another repository, by a transfer or after a deletion; the number cannot."""
    other = delivery.repository_id or "no number"
    return f"warning: {one_line(delivery.repository)} is now repository {other}, not {wanted}; if that is as it should be, change source.id"


def _objection(delivery: Delivery, app: App, asked: bool) -> str:
    source = app.source
    if not app.enabled:
        return SWITCHED_OFF
    if not touches([delivery.ref], source.refs):
        return f"the push is to {one_line(delivery.ref)}, the app follows {' and '.join(source.refs)}"
    if delivery.deleted:
        return f"the push deleted {one_line(delivery.ref)}"
    if not asked and {delivery.sender.casefold(), delivery.pusher.casefold()} & {login.casefold() for login in source.ignore_senders}:
        return f"the push is by {one_line(delivery.sender or delivery.pusher)}, and ignore_senders names who pushed"
    return "" if is_tag(delivery.ref) else _objection_to_commits(delivery, app, asked)


def _objection_to_commits(delivery: Delivery, app: App, asked: bool) -> str:
    """What a branch's new commits say against a run; whoever pushes a tag means that commit, whatever it says or touches."""
    if not asked and (marker := skip_marker(delivery.message)):
        return f"the commit message says {marker}"
    if delivery.changed is not None and not touches(delivery.changed, app.source.paths):
        return f"no changed path matches {', '.join(app.source.paths)}"
    return ""


def note(delivery: Delivery, app: App) -> str:
    """What is worth telling about an accepted push."""
    return "the push does not say every path it changed, so git is asked for the path filter" if _undecided(delivery, app) else ""


def _undecided(delivery: Delivery, app: App) -> bool:
    """Whether the path filter counts, and nobody knows yet what it says."""
    return delivery.changed is None and app.source.filtered and not is_tag(delivery.ref)


def one_line(text: str, most: int = 200) -> str:
    """The first line of what somebody wrote that says something, fit to be shown: no control or text-direction characters.

    At most ``most`` long; empty when no character of the text matches ``VISIBLE``.
    """
    first = next(filter(None, (_UNSAFE.sub(" ", line).strip() for line in text.splitlines())), "")
    return first if len(first) <= most else f"{first[: most - 1]}…"
