"""An app as the API tells of it: what it follows, what is live, what goes on."""

from typing import Any

from flask import url_for
from marshmallow import Schema, fields, post_dump

from hook_server.api.schemas.release import ReleaseSchema
from hook_server.api.schemas.run import RunSchema
from hook_server.api.schemas.values import told

NAME = {
    "in": "path",
    "name": "name",
    "description": "An app, as pipeline.yaml names it.",
    "schema": {"type": "string", "pattern": "^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$"},
}


class AppLinksSchema(Schema):
    self = told("This app.")
    runs = told("Its runs.")
    start = told("POST here to start one.")
    releases = told("Its releases.")
    rollback = told("POST here to go back to one.")


class AppSchema(Schema):
    """One app of pipeline.yaml."""

    name = told("Its key in pipeline.yaml.")
    repository = told("owner/name, as the forge calls it.")
    enabled = fields.Boolean(required=True, metadata={"description": "Whether anything starts runs of it."})
    ref = told("The full ref of the branch whose pushes start runs; empty when only tags do.")
    tags = fields.List(fields.String(), required=True, metadata={"description": "Globs on the names of tags that start runs, too."})
    concurrency = told("What a newer push does to earlier ones, as pipeline.yaml says it.")
    live = fields.Nested(
        ReleaseSchema, required=True, allow_none=True, metadata={"description": "What serves, as far as is known; null when nothing is."}
    )
    stranded = told("The run whose rollback failed midway, so that no release is known to serve; else empty.")
    active = fields.Nested(RunSchema, required=True, allow_none=True, metadata={"description": "The run under way, or next to begin."})
    pending = fields.Nested(RunSchema, many=True, required=True, metadata={"description": "Runs that wait for it, by acceptance."})
    links = fields.Nested(AppLinksSchema, required=True, dump_only=True)

    @post_dump
    def _link(self, told: dict[str, Any], **_: Any) -> dict[str, Any]:
        own = url_for("apps.show_app", name=told["name"])
        runs = url_for("runs.list_runs", app=told["name"])
        links = {"self": own, "runs": runs, "start": f"{own}/runs", "releases": f"{own}/releases", "rollback": f"{own}/rollback"}
        return {**told, "links": links}


class AppsSchema(Schema):
    apps = fields.Nested(AppSchema, many=True, required=True, metadata={"description": "As pipeline.yaml orders them."})
