"""``/api/v1``: runs and releases for programs, each request with a bearer token. Shows what the store holds and decides nothing."""

import re
from dataclasses import asdict
from typing import Any

from flask import Blueprint, Response, abort, jsonify, make_response, url_for

from hook_server import asked, auth, releases, runs, wish
from hook_server.accept import one_line
from hook_server.caller import caller, permit
from hook_server.parts import parts
from hook_server.payload import Object, field
from pipeline.model import Run
from pipeline.release import Release
from pipeline.store import Accepted
from pipeline.token import Scope

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
    wished, now = wish.read("commit", "force"), parts().clock()
    commit, force, key = _commit(wished), _force(wished), runs.idempotency_key()
    run = asked.requested(app, commit, force=force, key=key, by=caller().name, run_id=parts().new_id(now), now=now)
    return _answer(parts().store.accept(run))


@bp.post("/runs/<run_id>/replay")
def replay_run(run_id: str) -> Response:
    run = runs.found(run_id)
    return _answer(runs.replay(run, runs.idempotency_key(), caller().name, force=_force(wish.read("force"))))


@bp.get("/apps/<name>/releases")
def list_releases(name: str) -> Response:
    kept = releases.history(name)
    history = [_release(release, live=release is kept.live) for release in kept.releases]
    return jsonify(releases=history, stranded=kept.stranded)


@bp.post("/apps/<name>/rollback")
def roll_back(name: str) -> Response:
    kept, wished = releases.history(name), wish.read("release", "reason", "by")
    said = {key: field(wished, key, str, "") for key in ("release", "reason", "by")}
    by = caller().signed(one_line(said["by"]))
    return _answer(releases.roll_back(kept, said["release"], reason=said["reason"], by=by, key=runs.idempotency_key()))


def shown(run: Run) -> dict[str, Any]:
    """A run as JSON shows it; times are Unix seconds."""
    own = url_for("api.show_run", run_id=run.id)
    links = {"self": own, "log": f"{own}/log", "replay": f"{own}/replay", "page": url_for("dashboard.show_run", run_id=run.id)}
    return {**asdict(run), "built_commit": run.built_commit, "links": links}


def _release(release: Release, *, live: bool) -> dict[str, Any]:
    """Without what only the target reads: a template may hold what its Deployment's authors wrote into it."""
    kept = {key: value for key, value in asdict(release).items() if key not in ("template", "golden")}
    return {**kept, "live": live, "links": {"run": url_for("api.show_run", run_id=release.run)}}


def _answer(kept: Accepted) -> Response:
    response = make_response(jsonify(shown(runs.found(kept.run))), 200 if kept.duplicate else 202)
    response.headers["Location"] = url_for("api.show_run", run_id=kept.run)
    return response


def _commit(wished: Object) -> str:
    commit = field(wished, "commit", str, "").lower()
    if not re.fullmatch(r"([0-9a-f]{40}|[0-9a-f]{64})?", commit):
        abort(400, "commit must be 40 or 64 hex digits")
    return commit


def _force(wished: Object) -> bool:
    """Whether to deploy what proved bad: a scope that may only have things judged and deployed may not set the verdict aside."""
    force = field(wished, "force", bool, False)
    if force:
        permit(Scope.ADMIN)
    return force
