"""``/livez`` and ``/readyz``: is the process up, and would a push be safe now? Tells nothing that is secret."""

from flask import Blueprint, Response, jsonify, make_response

from hook_server.parts import parts
from pipeline.connection import complaints
from pipeline.errors import StoreUnavailable

bp = Blueprint("health", __name__)


@bp.get("/livez")
def alive() -> Response:
    return jsonify(status="alive")


@bp.get("/readyz")
def ready() -> Response:
    wrong = _wrong()
    status = "not ready" if wrong else "ready"
    return make_response(jsonify(status=status, checks={"redis": wrong or ["ok"]}), 503 if wrong else 200)


def _wrong() -> list[str]:
    try:
        return complaints(parts().redis)
    except StoreUnavailable as error:
        return [str(error)]
