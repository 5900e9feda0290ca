"""Apps: which there are, and how each stands."""

from collections.abc import Mapping
from typing import Any

from hook_server.api.describe import blueprint, operation
from hook_server.api.schemas.app import NAME, AppSchema, AppsSchema
from hook_server.api.schemas.release import shown
from hook_server.parts import parts
from hook_server.releases import known_app
from pipeline.spec import App
from pipeline.token import Scope

bp = blueprint("apps", "What `pipeline.yaml` names.")


@bp.get("/apps")
@operation(Scope.READ)
@bp.response(200, AppsSchema)
def list_apps() -> Mapping[str, Any]:
    """Every app, with what is live and what goes on"""
    return {"apps": [_standing(app) for app in parts().spec.apps.values()]}


@bp.get("/apps/<name>", parameters=[NAME])
@operation(Scope.READ, 404)
@bp.response(200, AppSchema)
def show_app(name: str) -> Mapping[str, Any]:
    """One app, with what is live and what goes on"""
    return _standing(known_app(name))


def _standing(app: App) -> Mapping[str, Any]:
    store, releases = parts().store, parts().releases
    live, stranded = releases.live(app.name), releases.stranded(app.name)
    return {
        "name": app.name,
        "repository": app.source.repository,
        "enabled": app.enabled,
        "ref": app.source.ref,
        "tags": app.source.tags,
        "concurrency": app.concurrency,
        "live": shown(live, live) if live and not stranded else None,
        "stranded": stranded,
        "active": store.active(app.name),
        "pending": store.pending(app.name),
    }
