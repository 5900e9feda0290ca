"""A release as the API tells of it, and the wish to go back to one."""

from dataclasses import asdict
from typing import Any

from flask import url_for
from marshmallow import Schema, fields, post_dump

from hook_server.accept import VISIBLE
from hook_server.api.schemas.values import Pattern, Text, at, told
from pipeline.release import Release

_REASON = "is missing: say the reason, it stands in the history"


class WithdrawnSchema(Schema):
    run = told("The rollback.")
    by = told("Who asked for it.")
    reason = told("Why.")
    at = at("When.")


class ReleaseLinksSchema(Schema):
    run = told("The run that verified it.")


class ReleaseSchema(Schema):
    """A verified release. What only the target reads is not told: a template may hold what its Deployment's authors wrote into it."""

    app = told("The app, as pipeline.yaml names it.")
    run = told("The run that verified it; its name in the history.")
    commit = told("The commit it was built from.")
    image = told("The reference the target runs, by digest.")
    image_id = told("The engine's own identity of that image.")
    verified_at = at("When.")
    content = told("Digest of code, model and environment; the same after a rebuild.")
    message = told("The commit's subject.")
    model = told("Digest of the model's folder, or empty.")
    metrics = fields.Dict(fields.String(), fields.String(), required=True, metadata={"description": "What evaluate measured."})
    revision = told("The target's own number of it, or empty.")
    requested_by = told("Who asked for the run.")
    built_by = told("The run that built it, when this one only rolled back to it; else empty.")
    withdrawn = fields.Nested(
        WithdrawnSchema, required=True, allow_none=True, metadata={"description": "The rollback that led away from it."}
    )
    live = fields.Boolean(required=True, metadata={"description": "Whether it serves now, as far as is known."})
    links = fields.Nested(ReleaseLinksSchema, required=True, dump_only=True)

    @post_dump
    def _link(self, told: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {**told, "links": {"run": url_for("runs.show_run", run_id=told["run"])}}


def shown(release: Release, live: Release | None) -> dict[str, Any]:
    """What there is to tell of a release."""
    return {**asdict(release), "live": release is live}


class ReleasesSchema(Schema):
    releases = fields.Nested(ReleaseSchema, many=True, required=True, metadata={"description": "The newest 50, newest first."})
    stranded = told("The run whose rollback failed midway, so that none is known to serve; else empty.")


class RollbackWish(Schema):
    reason = Text(
        required=True,
        validate=Pattern(rf"^[\s\S]*{VISIBLE}[\s\S]*$", _REASON),
        error_messages={"required": _REASON},
        metadata={"description": "Why, for the history; its first line is kept."},
    )
    release = Text(load_default="", metadata={"description": "The run of the release to go back to; empty is the one before what is live."})
    by = Text(load_default="", metadata={"description": "Who asks, for the history."})
