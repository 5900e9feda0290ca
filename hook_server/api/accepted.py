"""What every operation that starts a run takes and answers alike."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from flask import url_for

from hook_server import runs
from hook_server.api.schemas.key import KeySchema
from hook_server.api.schemas.run import RunSchema
from pipeline.model import Run
from pipeline.store import Accepted

F = TypeVar("F", bound=Callable[..., Any])

_LOCATION = {"Location": {"description": "The run.", "schema": {"type": "string"}}}
_ID = {"run_id": "$response.body#/id"}
_LINKS = {operation: {"operationId": operation, "parameters": _ID} for operation in ("show_run", "show_log", "replay_run", "cancel_run")}


def starts_run(bp: Any) -> Callable[[F], F]:
    """Give the view the request's Idempotency-Key as ``{"key": …}``, and describe what it answers."""

    def describe(view: F) -> F:
        view = bp.alt_response(200, schema=RunSchema, headers=_LOCATION, success=True, description="The key's run, accepted before.")(view)
        view = bp.response(202, RunSchema, headers=_LOCATION, description="A run was accepted; it waits its turn.")(view)
        view = bp.doc(responses={200: {"links": _LINKS}, 202: {"links": _LINKS}})(view)
        described: F = bp.arguments(KeySchema, location="headers")(view)
        return described

    return describe


def answer(kept: Accepted) -> tuple[Run, int, Mapping[str, str]]:
    return runs.found(kept.run), 200 if kept.duplicate else 202, {"Location": url_for("runs.show_run", run_id=kept.run)}
