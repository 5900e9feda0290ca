"""``/livez`` and ``/readyz``: is the process up, and would a push be safe now? Tells nothing that is secret."""

from flask import Blueprint, Response, jsonify, make_response

from hook_server.parts import parts
from pipeline.connection import complaints
from pipeline.errors import SetupHidden, StoreUnavailable

bp = Blueprint("health", __name__)


@bp.get("/livez")
def alive() -> Response:
    return jsonify(status="alive")


@bp.get("/readyz")
def ready() -> Response:
    """A secret that is lost is told and keeps nothing else from being served, so that it is no reason to send nothing here any more."""
    well, said = _redis()
    lost = [f"{app}: {name} is lost" for app, names in parts().lost_secrets.items() for name in names]
    checks = {"redis": said, "secrets": lost or ["ok"]}
    return make_response(jsonify(status="ready" if well else "not ready", checks=checks), 200 if well else 503)


def _redis() -> tuple[bool, list[str]]:
    """Whether runs can be kept, and what there is to say."""
    try:
        wrong = complaints(parts().redis)
    except SetupHidden as error:
        return True, [str(error)]
    except StoreUnavailable as error:
        return False, [str(error)]
    return not wrong, wrong or ["ok"]
