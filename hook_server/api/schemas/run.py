"""A run as the API tells of it, and what is asked of runs."""

from collections.abc import Mapping
from typing import Any

from flask import url_for
from marshmallow import Schema, fields, post_dump, validate

from hook_server.api.paging import cursor, following
from hook_server.api.schemas.values import Count, Flag, Pattern, Text, at, told
from hook_server.runs import LONGEST_WAIT
from pipeline.model import Status, Trigger
from pipeline.run_pages import MOST

RUN_ID = {
    "in": "path",
    "name": "run_id",
    "description": "A run's id.",
    "schema": {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$"},
}

RUN_STATUSES = tuple(status for status in Status if status is not Status.SKIPPED)
STEP_STATUSES = tuple(status for status in Status if status not in (Status.QUEUED, Status.ROLLED_BACK, Status.ROLLBACK_FAILED))


class StepSchema(Schema):
    name = told("As in pipeline.yaml.")
    status = fields.String(required=True, validate=validate.OneOf(STEP_STATUSES))
    started_at = at("When it began.")
    finished_at = at("When it ended; null until it has.", none=True)
    outputs = fields.Dict(fields.String(), fields.String(), required=True, metadata={"description": "What later steps and people read."})
    reason = told("Why it ended as it did; empty when it succeeded.")


class ToldSchema(Schema):
    """What the app's forge was told of a run. It never changes what becomes of the run."""

    forge = told("Its name.")
    commit = told("The commit whose status it took last, or empty.")
    state = told("That status, in the forge's own word.")
    text = told("Its description.")
    error = told("Why it has not taken what is true now; empty when it has.")
    failing_since = at("The first time it did not; null when it does.", none=True)
    deployment = told("Its id of the run's deployment; asked while it is unknown whether it has made one, and empty without one.")
    deployment_state = told("The deployment's status that it took last, or empty.")
    at = at("When the forge took the status; null until it has.", none=True)


class RunLinksSchema(Schema):
    self = told("This run.")
    log = told("Its log.")
    replay = told("POST here to repeat it.")
    cancel = told("POST here to end it, unless its rollout has begun.")
    page = told("Its page, for people.")


class RunSchema(Schema):
    """One passage of one commit through one app's steps."""

    id = told("Sorts by time.")
    app = told("The app, as pipeline.yaml names it.")
    trigger = fields.String(required=True, validate=validate.OneOf(tuple(Trigger)), metadata={"description": "What asked for it."})
    ref = told("The full ref it stands for.")
    commit = told("The commit asked for; empty asks for the tip of the ref.")
    built_commit = told("The commit that pull settled on, or the one asked for until it has.")
    before = told("Where the ref was before the push; empty when no push asked for it.")
    pinned = fields.Boolean(required=True, metadata={"description": "Built exactly at its commit, never moved to a newer tip."})
    concurrency = told("What becomes of earlier runs of the same ref, as pipeline.yaml says.")
    since = fields.List(
        fields.String(), required=True, metadata={"description": "Where git compares from whether it changed a path that matters."}
    )
    heir = fields.Boolean(required=True, metadata={"description": "Took the place of an earlier run, and stands for its push, too."})
    delivery = told("The delivery or Idempotency-Key it came from.")
    entry = told("The entry of the log of deliveries it came from, or empty.")
    replay_of = told("The run it repeats, or empty.")
    restores = told("Of a rollback, the run whose release it puts back; else empty.")
    force = fields.Boolean(required=True, metadata={"description": "Rolls out what is known to be bad, too."})
    requested_by = told("Who asked, for people to read.")
    message = told("The commit's subject; of a rollback, the reason.")
    created_at = at("When it was accepted.")
    status = fields.String(required=True, validate=validate.OneOf(RUN_STATUSES))
    reason = told("Why it ended as it did, in one line; empty when it succeeded or goes on.")
    started_at = at("When it first began; null until it has.", none=True)
    finished_at = at("When it ended; null until it has.", none=True)
    fence = fields.Integer(required=True, metadata={"description": "Number of the attempt that may write."})
    attempt = fields.Integer(required=True, metadata={"description": "How often a worker has begun it."})
    condemned = told("Why only what follows a failure is still done, or empty.")
    steps = fields.Nested(StepSchema, many=True, required=True)
    told = fields.Nested(ToldSchema, required=True, allow_none=True, metadata={"description": "Null while its forge was told nothing."})
    links = fields.Nested(RunLinksSchema, required=True, dump_only=True)

    @post_dump
    def _link(self, told: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {**told, "links": _links(told["id"])}


def _links(run: str) -> Mapping[str, str]:
    own = url_for("runs.show_run", run_id=run)
    further = {name: f"{own}/{name}" for name in ("log", "replay", "cancel")}
    return {"self": own, **further, "page": url_for("dashboard.show_run", run_id=run)}


class RunsSchema(Schema):
    runs = fields.Nested(RunSchema, many=True, required=True, metadata={"description": "Newest first."})
    next = following()


class RunsQuery(Schema):
    app = Text(
        load_default="",
        validate=Pattern("^[A-Za-z0-9_-]{0,64}$", "is not the name of an app"),
        metadata={"description": "Only runs of this app."},
    )
    status = Text(
        validate=validate.OneOf(RUN_STATUSES, error="must be one of {choices}"),
        metadata={"description": "Only runs that stand like this."},
    )
    ref = Text(metadata={"description": "Only runs of this full ref, such as refs/heads/main."})
    limit = Count(50, least=1, most=MOST, description="How many runs at most.")
    cursor = cursor()


class LogQuery(Schema):
    offset = Count(0, least=0, most=2**53, description="The byte to read from.")
    wait = Count(0, least=0, most=LONGEST_WAIT, description="Seconds to wait for more when there is nothing to read.")


LOG_HEADERS = {
    "X-Log-Offset": {"description": "The byte to read from next.", "schema": {"type": "integer", "minimum": 0}},
    "X-Run-Status": {"description": "The run's status before the text was read.", "schema": {"enum": list(RUN_STATUSES)}},
    "Retry-After": {"description": "Seconds to stay away, when too many wait already.", "schema": {"type": "integer"}},
}


class StartWish(Schema):
    commit = Text(
        load_default="",
        validate=Pattern("^([0-9A-Fa-f]{40}|[0-9A-Fa-f]{64})?$", "must be 40 or 64 hex digits"),
        metadata={"description": "Build exactly this commit; empty builds where the branch is now."},
    )
    force = Flag(load_default=False, metadata={"description": "Roll out a content that proved bad, too; needs the scope admin."})


class CancelWish(Schema):
    reason = Text(load_default="", metadata={"description": "Why, for whoever reads the run."})
    by = Text(load_default="", metadata={"description": "Who asks, likewise."})


class ReplayWish(StartWish):
    class Meta:
        exclude = ("commit",)
