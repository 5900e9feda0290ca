"""The pages of deliveries: the log, one of them, and its way through once more. Behind the login; decides nothing."""

import secrets

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from hook_server import auth, deliveries
from hook_server.caller import caller
from hook_server.parts import parts
from pipeline.delivery import OUTCOMES

AT_A_TIME = 50

bp = Blueprint("delivery_pages", __name__)
bp.before_request(auth.require_session)


@bp.get("/deliveries")
def list_deliveries() -> str:
    asked = {key: request.args.get(key, "") for key in ("app", "outcome", "before")}
    if asked["outcome"] not in ("", *OUTCOMES) or (asked["before"] and not deliveries.is_id(asked["before"])):
        abort(400, "this address asks for deliveries that cannot be")
    page, refusals = deliveries.listed(AT_A_TIME, **asked), parts().refusals
    return render_template(
        "deliveries.html",
        page=page,
        asked=asked,
        apps=parts().spec.apps,
        outcomes_known=OUTCOMES,
        counts=refusals.counts(),
        refused=refusals.newest(),
        key=secrets.token_hex(8),
        now=parts().clock(),
    )


@bp.get("/deliveries/<entry>")
def show_delivery(entry: str) -> str:
    return render_template("delivery.html", entry=deliveries.found(entry), key=secrets.token_hex(8), now=parts().clock())


@bp.post("/deliveries/<entry>/redeliver")
def redeliver(entry: str) -> AnyResponse:
    form = request.form
    key = form.get("key", "")[:64] or secrets.token_hex(8)
    again = deliveries.redeliver(deliveries.found(entry), key=key, by=caller().name, reason=form.get("reason", ""))
    return redirect(url_for("delivery_pages.show_delivery", entry=again.id), 303)
