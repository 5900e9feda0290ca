"""``/api/v1``: runs for programs, each request with a bearer token. Shows what the store holds and decides nothing."""

import re
from typing import Any

from flask import Blueprint, Response, abort, jsonify, make_response, request, url_for

from hook_server import asked, auth, body, payload, runs
from hook_server.parts import parts
from pipeline.model import Run
from pipeline.store import Accepted, as_dict

MOST_BYTES = 64 * 1024

bp = Blueprint("api", __name__, url_prefix="/api/v1")
bp.before_request(auth.require_token)


@bp.get("/runs")
def list_runs() -> Response:
    limit = runs.number("limit", 50, least=1, most=200)
    return jsonify(runs=[shown(run) for run in runs.listed(limit)])


@bp.get("/runs/<run_id>")
def show_run(run_id: str) -> Response:
    return jsonify(shown(runs.found(run_id)))


@bp.get("/runs/<run_id>/log")
def show_log(run_id: str) -> Response:
    return runs.log_response(run_id)


@bp.post("/apps/<name>/runs")
def start_run(name: str) -> Response:
    app = parts().spec.apps.get(name) or abort(404, f"there is no app {name[:64]} in pipeline.yaml")
    commit, now = _asked_commit(), parts().clock()
    run = asked.requested(app, commit, key=runs.idempotency_key(), by="the API", run_id=parts().new_id(now), now=now)
    return _answer(parts().store.accept(run))


@bp.post("/runs/<run_id>/replay")
def replay_run(run_id: str) -> Response:
    return _answer(runs.replay(runs.found(run_id), runs.idempotency_key(), "the API"))


def shown(run: Run) -> dict[str, Any]:
    """A run as JSON shows it; times are Unix seconds."""
    own = url_for("api.show_run", run_id=run.id)
    links = {"self": own, "log": f"{own}/log", "replay": f"{own}/replay", "page": url_for("dashboard.show_run", run_id=run.id)}
    return {**as_dict(run), "built_commit": run.built_commit, "links": links}


def _answer(kept: Accepted) -> Response:
    response = make_response(jsonify(shown(runs.found(kept.run))), 200 if kept.duplicate else 202)
    response.headers["Location"] = url_for("api.show_run", run_id=kept.run)
    return response


def _asked_commit() -> str:
    raw = body.read(MOST_BYTES)
    if not raw:
        return ""
    payload.check_type(request.mimetype, request.mimetype_params.get("charset", ""), known=(payload.JSON,))
    wish = payload.parse(raw, payload.JSON)
    commit = payload.field(wish, "commit", str, "").lower()
    if set(wish) - {"commit"} or not re.fullmatch(r"([0-9a-f]{40}|[0-9a-f]{64})?", commit):
        abort(400, 'the body may hold one key, "commit": 40 or 64 hex digits')
    return commit
