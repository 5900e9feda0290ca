"""The pages of an app's releases: its history, and the way back to one. Behind the login; decides nothing."""

import secrets

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from hook_server import auth, releases
from hook_server.accept import one_line
from hook_server.caller import caller, permit
from hook_server.parts import parts
from pipeline.token import Scope

bp = Blueprint("release_pages", __name__)
bp.before_request(auth.require_session)


@bp.get("/apps/<name>/releases")
def list_releases(name: str) -> str:
    return render_template("releases.html", history=releases.history(name), now=parts().clock())


@bp.get("/apps/<name>/rollback")
def ask(name: str) -> str:
    """The question whether one really wants to; what is asked of JavaScript elsewhere is a page here."""
    permit(Scope.TRIGGER)
    history = releases.history(name)
    wanted = releases.chosen(history, request.args.get("release", ""))
    active = parts().store.active(name)
    shown = {"history": history, "wanted": wanted, "active": active, "who": caller()}
    return render_template("rollback.html", **shown, key=secrets.token_hex(8), now=parts().clock())


@bp.post("/apps/<name>/rollback")
def roll_back(name: str) -> AnyResponse:
    form = request.form
    key, by = form.get("key", "")[:64] or secrets.token_hex(8), caller().signed(one_line(form.get("by", "")))
    kept = releases.roll_back(releases.history(name), form.get("release", ""), reason=form.get("reason", ""), by=by, key=key)
    return redirect(url_for("dashboard.show_run", run_id=kept.run), 303)
