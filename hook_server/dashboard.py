"""The pages of runs: all of them, one, its log, replay. Behind the login; shows what the store holds and decides nothing."""

import secrets
from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from hook_server import auth, runs, show, timeline
from hook_server.caller import caller, permit
from hook_server.parts import parts
from pipeline.model import Run, Status
from pipeline.token import Scope

bp = Blueprint("dashboard", __name__)
bp.before_request(auth.require_session)


@bp.record_once
def _filters(state: Any) -> None:
    state.app.jinja_env.filters.update(show.FILTERS)


@bp.get("/")
def list_runs() -> str:
    found = runs.listed(runs.number("limit", 50, least=1, most=200))
    known = parts().releases
    lives = [(app, known.live(app.name), known.stranded(app.name)) for app in parts().spec.apps.values()]
    return render_template("runs.html", runs=[_line(run) for run in found], lives=lives, chosen=request.args.get("app", ""), now=_now())


@bp.get("/runs/<run_id>")
def show_run(run_id: str) -> str:
    run = runs.found(run_id)
    content = run.outputs("build").get("content", "")
    bad = parts().releases.bad(run.app, [content]).get(content)
    return render_template("run.html", **_line(run), metrics=timeline.metrics(run), bad=bad, key=secrets.token_hex(8), now=_now())


@bp.get("/runs/<run_id>/log")
def show_log(run_id: str) -> Response:
    return runs.log_response(run_id, runs.number("offset", 0), runs.number("wait", 0))


@bp.post("/runs/<run_id>/replay")
def replay(run_id: str) -> AnyResponse:
    key = request.form.get("key", "")[:64] or secrets.token_hex(8)
    if force := "force" in request.form:
        permit(Scope.ADMIN)
    kept = runs.replay(runs.found(run_id), key, caller().name, force=force)
    return redirect(url_for("dashboard.show_run", run_id=kept.run), 303)


@bp.post("/runs/<run_id>/cancel")
def cancel(run_id: str) -> AnyResponse:
    runs.cancel(runs.found(run_id), "", caller().name)
    return redirect(url_for("dashboard.show_run", run_id=run_id), 303)


def _line(run: Run) -> dict[str, Any]:
    now = _now()
    return {"run": run, "steps": timeline.rows(run, parts().spec, now), "took": show.took(run, now), "waits_for": _waits_for(run)}


def _waits_for(run: Run) -> str:
    """The run whose end a queued one waits for; empty when it waits for a worker, or for nothing."""
    active = parts().store.active(run.app) if run.status is Status.QUEUED else None
    return active.id if active and active.id != run.id else ""


def _now() -> float:
    return parts().clock()
