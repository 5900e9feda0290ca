"""What the API and the pages do alike: find a run, repeat it, read its log. Answers with HTTP errors, never with HTML or JSON."""

import re

from flask import Response, abort, request

from hook_server import asked
from hook_server.accept import one_line
from hook_server.parts import Parts, parts
from pipeline.model import Run, Status, Trigger
from pipeline.run_log import LONGEST_CHARACTER
from pipeline.spec import App
from pipeline.store import Accepted

LONGEST_WAIT = 25
"""Seconds; shorter than what proxies in between allow."""

CROWDED_SECONDS = 2
"""How long a log reader that found no place to wait should stay away."""

_NAME = r"[A-Za-z0-9_-]{1,64}"


def found(run_id: str) -> Run:
    """A run by its id, or 400 or 404."""
    if not re.fullmatch(_NAME, run_id):
        abort(400, "this is not the id of a run")
    return parts().store.run(run_id) or abort(404, f"there is no run {run_id}; runs are kept for 90 days")


def listed(limit: int) -> list[Run]:
    """The newest runs, of the app that the query names or of all; or 400."""
    app = request.args.get("app", "")
    if not re.fullmatch(f"({_NAME})?", app):
        abort(400, "app is not the name of an app")
    return parts().store.runs(app or None, limit=limit)


def number(name: str, default: int, *, least: int = 0, most: int = 2**53) -> int:
    """A whole number of the query, or 400."""
    text = request.args.get(name, str(default))
    if not re.fullmatch(r"[0-9]{1,16}", text) or not least <= int(text) <= most:
        abort(400, f"{name} must be a whole number from {least} to {most}")
    return int(text)


def check_enabled(app: App) -> None:
    """409 for an app that is switched off: nobody starts a run of it."""
    if not app.enabled:
        abort(409, f"{app.name} is switched off; set enabled to true in pipeline.yaml and restart Pushrail")


def replay(run: Run, key: str, by: str, *, force: bool) -> Accepted:
    """Accept the run once more, at the commit it built; or 409."""
    if run.trigger is Trigger.ROLLBACK:
        abort(409, f"run {run.id} was a rollback; roll back once more instead")
    if not run.built_commit:
        abort(409, f"run {run.id} never settled on a commit; start a new run instead")
    if run.app not in parts().spec.apps:
        abort(409, f"{run.app} is no longer in pipeline.yaml")
    check_enabled(parts().spec.apps[run.app])
    now = parts().clock()
    return accepted(asked.replayed(run, force=force, key=key, by=by, run_id=parts().new_id(now), now=now))


def accepted(wished: Run) -> Accepted:
    """Accept the run; 422 when its key has started another."""
    kept = parts().store.accept(wished)
    if kept.duplicate:
        refuse_other(found(kept.run), wished)
    return kept


def refuse_other(kept: Run, wished: Run) -> None:
    """Answer 422 when a key that started a run comes with another wish."""
    if not asked.same_wish(kept, wished):
        abort(422, f"this key has started run {kept.id}, by another wish; send a new key with a new wish")


def cancel(run: Run, reason: str, by: str) -> None:
    """End the run before its time; or 409. One that is cancelled already stays so."""
    reason = one_line(reason)
    said = parts().store.cancel(run.id, f"by {by}: {reason}" if reason else f"by {by}", parts().clock())
    if said == "rolling":
        abort(409, f"the rollout of run {run.id} has begun, so it goes to its end; roll back instead")
    if said != Status.CANCELLED:
        abort(409, f"run {run.id} has ended already: {said}")


def log_response(run_id: str, offset: int, wait: int) -> Response:
    """The run's log from a byte offset; waits for more when asked to, or names the time to wait in Retry-After when too many do.

    The status is read before the text: a final status with an empty body means that the log is complete.
    """
    found(run_id)
    crowded = not _await_more(parts(), run_id, offset, min(wait, LONGEST_WAIT))
    status = found(run_id).status
    text = parts().log.read(run_id, offset)
    headers = {"X-Log-Offset": str(offset + len(text)), "X-Run-Status": str(status), "Cache-Control": "no-store"}
    if crowded and not text and not status.is_final:
        headers["Retry-After"] = str(CROWDED_SECONDS)
    return Response(text, 200, headers, content_type="text/plain; charset=utf-8")


def _await_more(given: Parts, run_id: str, offset: int, wait: int) -> bool:
    """Wait when asked to; false when there was no place for it."""

    def ready() -> bool:
        if given.log.read(run_id, offset, LONGEST_CHARACTER):
            return True
        run = given.store.run(run_id)
        return run is None or run.status.is_final

    return not wait or given.viewers.wait(run_id, wait, ready)
