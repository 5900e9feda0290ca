"""Releases: an app's history, and the way back to one of them."""

from collections.abc import Mapping
from typing import Any

from hook_server import releases
from hook_server.accept import one_line
from hook_server.api.accepted import answer, starts_run
from hook_server.api.describe import blueprint, links, operation
from hook_server.api.schemas.app import NAME
from hook_server.api.schemas.release import ReleasesSchema, RollbackWish, shown
from hook_server.caller import caller
from pipeline.token import Scope

bp = blueprint("releases", "What a run verified and put live.")

_BACK = {"release": "$response.body#/releases/1/run", "reason": "It was better."}


@bp.get("/apps/<name>/releases", parameters=[NAME])
@operation(Scope.READ, 404)
@bp.response(200, ReleasesSchema)
@links(back={"operationId": "roll_back", "parameters": {"name": "$request.path.name"}, "requestBody": _BACK})
def list_releases(name: str) -> Mapping[str, Any]:
    """An app's verified releases, newest first"""
    kept = releases.history(name)
    return {"releases": [shown(release, kept.live) for release in kept.releases], "stranded": kept.stranded}


@bp.post("/apps/<name>/rollback", parameters=[NAME])
@operation(Scope.TRIGGER, 404, 409, 422, body=True)
@bp.arguments(RollbackWish)
@starts_run(bp)
def roll_back(wish: Mapping[str, str], key: Mapping[str, str], name: str) -> Any:
    """Go back to a verified release

    A run that puts it back and does nothing else. It waits its turn, and no push takes its place.
    """
    by = caller().signed(one_line(wish["by"]))
    return answer(releases.roll_back(releases.history(name), wish["release"], reason=wish["reason"], by=by, key=key["key"]))
