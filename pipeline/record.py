"""How runs, their steps and releases are written down in Redis, and read back. Speaks to no server.

A record from before a field was there reads as that field's default.
"""

from collections.abc import Mapping
from dataclasses import replace

from pydantic import TypeAdapter

from pipeline.model import Run, Status, StepResult
from pipeline.release import BadRelease, Release
from pipeline.told import Told

RUN, STEPS = TypeAdapter(Run), TypeAdapter(tuple[StepResult, ...])
RELEASE, BAD = TypeAdapter(Release), TypeAdapter(BadRelease)
TOLD = TypeAdapter(Told)


def read_run(held: Mapping[str, bytes]) -> Run:
    """A run from its hash: as it was accepted, with what became of it since."""
    run = replace(
        RUN.validate_json(held["record"]),
        status=Status(held["status"].decode()),
        reason=held.get("reason", b"").decode(),
        fence=int(held["fence"]),
        attempt=int(held["attempt"]),
        entry=held.get("entry", b"").decode(),
        condemned=held.get("condemned", b"").decode(),
        heir="heir" in held,
        since=tuple(held.get("since", b"").decode().split()),
        started_at=float(held["started_at"]) if "started_at" in held else None,
        finished_at=float(held["finished_at"]) if "finished_at" in held else None,
        steps=STEPS.validate_json(held.get("steps", b"[]")),
        told=TOLD.validate_json(held["told"]) if "told" in held else None,
    )
    how = run.status if run.status.is_over else Status.ERRORED
    return run.interrupted(how, run.reason, run.finished_at) if run.finished_at else run
