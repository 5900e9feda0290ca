"""What the API and the pages do alike about releases: list them, find one, go back to one.

Answers with HTTP errors, never with HTML or JSON.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from flask import abort

from hook_server import asked, runs
from hook_server.accept import one_line
from hook_server.parts import parts
from pipeline.release import Release, before_live
from pipeline.spec import App
from pipeline.store import Accepted


@dataclass(frozen=True, slots=True)
class History:
    """An app's verified releases, newest first.

    Args:
        live: the one that serves, as far as is known.
        before: the one that a rollback leads to when nobody names another.
        stranded: the run whose rollback failed midway, so that none of them is known to serve; else empty.
    """

    app: App
    releases: Sequence[Release]
    live: Release | None
    before: Release | None
    stranded: str


def known_app(name: str) -> App:
    """The app of that name, or 404."""
    return parts().spec.apps.get(name) or abort(404, f"there is no app {name[:64]} in pipeline.yaml")


def history(name: str) -> History:
    """The app's, or 404."""
    app = known_app(name)
    known = parts().releases
    releases, stranded = known.verified(name), known.stranded(name)
    newest = releases[0] if releases else None
    if stranded:  # what was live last is what one would go back to
        return History(app, releases, live=None, before=newest, stranded=stranded)
    before = before_live(releases, known.bad(name, [found.content for found in releases]))
    return History(app, releases, live=newest, before=before, stranded="")


def chosen(kept: History, run: str) -> Release:
    """The release to go back to: that of the run, or the verified one before what is live; 404 or 409 when there is none."""
    if not run:
        said = f"{kept.app.name} has no verified release to go back to by itself: those before what is live proved bad, or there are none"
        return kept.before or abort(409, f"{said}; name the one you want")
    found = next((release for release in kept.releases if release.run == run), None)
    if found is None:
        abort(404, f"{kept.app.name} has no release of run {run[:64]}; the history holds its newest verified ones")
    if found is kept.live:
        abort(409, f"the release of run {run} is live already")
    return found


def roll_back(kept: History, run: str, *, reason: str, by: str, key: str) -> Accepted:
    """Accept a rollback to the release of ``run``, or to the one before what is live.

    400 without a reason, 404 or 409 as ``chosen``, 422 when the key has started another.
    """
    reason = one_line(reason)
    if not reason:
        abort(400, "say the reason: it stands in the history")
    delivery, now = f"rollback:{key}", parts().clock()
    if known := parts().store.claimed(kept.app.name, delivery):  # since then another release may be the one before
        was = runs.found(known)
        runs.refuse_other(was, replace(was, restores=run or was.restores, message=reason, requested_by=by))
        return Accepted(known, duplicate=True)
    wanted = asked.rolled_back(kept.app, chosen(kept, run), reason, delivery=delivery, by=by, run_id=parts().new_id(now), now=now)
    return runs.accepted(wanted)
