"""``/metrics`` for Prometheus: what the server's processes count, and what Redis knows. For holders of a token of the scope read."""

from flask import Blueprint, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from hook_server import auth
from hook_server.caller import permit_by_method
from hook_server.parts import parts

bp = Blueprint("metrics", __name__)
bp.before_request(auth.require_token)
bp.before_request(permit_by_method)


@bp.get("/metrics")
def metrics() -> Response:
    return Response(generate_latest(parts().metrics), content_type=CONTENT_TYPE_LATEST)
