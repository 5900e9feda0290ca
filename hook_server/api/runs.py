"""Runs: what there are, one of them, its log, once more, its end."""

from collections.abc import Callable, Mapping
from typing import Any

from flask import Response, abort

from hook_server import asked, runs
from hook_server.accept import one_line
from hook_server.api.accepted import answer, starts_run
from hook_server.api.describe import blueprint, links, operation
from hook_server.api.paging import LINK, link, place, written
from hook_server.api.schemas.app import NAME
from hook_server.api.schemas.run import (
    LOG_HEADERS,
    RUN_ID,
    CancelWish,
    LogQuery,
    ReplayWish,
    RunSchema,
    RunsQuery,
    RunsSchema,
    StartWish,
)
from hook_server.caller import caller, permit
from hook_server.parts import parts
from hook_server.releases import known_app
from pipeline.model import Run
from pipeline.run_pages import page
from pipeline.token import Scope

bp = blueprint("runs", "One passage of one commit through one app's steps.")


@bp.get("/runs")
@operation(Scope.READ, 400)
@bp.arguments(RunsQuery, location="query")
@bp.response(200, RunsSchema, headers=LINK)
@links(next_page={"operationId": "list_runs", "parameters": {"cursor": "$response.body#/next"}})
def list_runs(query: Mapping[str, Any]) -> Any:
    """Runs, newest first

    `next` leads from page to page, also while new runs come. One request looks at 200 runs: with `status` or `ref`, a page may hold fewer
    than `limit`, or none, and lead to a next one all the same. The newest 10,000 of each app are listed.
    """
    found = page(parts().redis, query["app"], before=place(query.get("cursor")), limit=query["limit"], wanted=_wanted(query))
    after = written(found.before)
    return {"runs": found.runs, "next": after}, link(after)


@bp.get("/runs/<run_id>", parameters=[RUN_ID])
@operation(Scope.READ, 400, 404)
@bp.response(200, RunSchema)
def show_run(run_id: str) -> Run:
    """One run, with all that is known of it

    Runs are kept for 90 days after their end.
    """
    return runs.found(run_id)


@bp.get("/runs/<run_id>/log", parameters=[RUN_ID])
@operation(Scope.READ, 400, 404)
@bp.arguments(LogQuery, location="query")
@bp.response(200, {"type": "string"}, content_type="text/plain", headers=LOG_HEADERS)
def show_log(query: Mapping[str, Any], run_id: str) -> Response:
    """A run's log, from a byte on

    To follow it, ask again with `offset` set to the last answer's `X-Log-Offset`. A final `X-Run-Status` beside an empty body means that
    the log is complete.
    """
    return runs.log_response(run_id, query["offset"], query["wait"])


@bp.post("/runs/<run_id>/replay", parameters=[RUN_ID])
@operation(Scope.TRIGGER, 404, 409, 422, body=True)
@bp.arguments(ReplayWish, required=False)
@starts_run(bp)
def replay_run(wish: Mapping[str, Any], key: Mapping[str, str], run_id: str) -> Any:
    """Repeat a run at exactly the commit it built"""
    return answer(runs.replay(runs.found(run_id), key["key"], caller().name, force=_force(wish)))


@bp.post("/runs/<run_id>/cancel", parameters=[RUN_ID])
@operation(Scope.TRIGGER, 404, 409, body=True)
@bp.arguments(CancelWish, required=False)
@bp.response(200, RunSchema)
def cancel_run(wish: Mapping[str, str], run_id: str) -> Run:
    """End a run before its time

    Refused once its rollout has begun: roll back instead. One that is cancelled already stays as it is.
    """
    runs.cancel(runs.found(run_id), wish["reason"], caller().signed(one_line(wish["by"])))
    return runs.found(run_id)


@bp.post("/apps/<name>/runs", parameters=[NAME])
@operation(Scope.TRIGGER, 404, 409, 422, body=True)
@bp.arguments(StartWish, required=False)
@starts_run(bp)
def start_run(wish: Mapping[str, Any], key: Mapping[str, str], name: str) -> Any:
    """Start a run of an app

    It builds where the followed branch is now, or exactly the commit it names; an app that follows only tags needs one named.
    """
    app, now = known_app(name), parts().clock()
    runs.check_enabled(app)
    commit, force = wish["commit"].lower(), _force(wish)
    if not commit and not app.source.ref:
        abort(400, f"{name} follows tags and no branch; name the commit to build as commit, or push a tag")
    run = asked.requested(app, commit, force=force, key=key["key"], by=caller().name, run_id=parts().new_id(now), now=now)
    return answer(runs.accepted(run))


def _wanted(query: Mapping[str, Any]) -> Callable[[Run], bool] | None:
    """What the filters say that no list is kept for; None when they say nothing."""
    named = {key: query[key] for key in ("status", "ref") if key in query}
    return (lambda run: all(getattr(run, key) == value for key, value in named.items())) if named else None


def _force(wish: Mapping[str, Any]) -> bool:
    """Whether to deploy what proved bad: a scope that may only have things judged and deployed may not set the verdict aside."""
    if wish["force"]:
        permit(Scope.ADMIN)
    return bool(wish["force"])
