"""Takes a run through its app's steps: order, ``when``, limits, retries, catching, recording. Knows no tool and no step by name.

The one place that catches what a step raises, and the one that turns it into a StepResult.
"""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from pipeline.errors import Fenced, RunOver, StepFailed, StepRejected, StepSkipped, ToolError
from pipeline.model import Run, Status, StepResult
from pipeline.spec import Step as Entry
from worker.limit import TimeLimit, limit
from worker.step import Step, StepContext
from worker.tool import Log

logger = logging.getLogger(__name__)

GRACE = 15.0
"""Seconds past a step's own timeout; a tool that watches its deadline has said what was wrong by then."""

Save = Callable[[Mapping[str, str]], None]


@dataclass(frozen=True, slots=True)
class Around:
    """What the runner is given of the world.

    Args:
        context: makes the context of one step.
        record: keeps the run's results; raises Fenced when this attempt no longer counts.
        log: takes lines for the run's log.
        clock: Unix seconds.
        wait: sleeps that many seconds between two tries.
    """

    context: Callable[[Run, Entry, Save], StepContext]
    record: Callable[[Run], None]
    log: Log
    clock: Callable[[], float] = time.time
    wait: Callable[[float], None] = time.sleep


def run_steps(run: Run, entries: tuple[Entry, ...], steps: Mapping[str, Step], around: Around) -> Run:
    """Do every due step and return the run with its results and its final status.

    An attempt that takes over does the steps again, since they are idempotent and their workspace is gone, up to the one that had
    decided against the run: what came to a verdict is not tried again, only what follows it. A run that is condemned, because its
    workers died, gets nothing but what follows a failure: whatever was put live by then has a way back. A run that a step declared over
    gets nothing more at all.
    """
    if run.condemned and run.first_bad is None and run.over is None:
        run = _condemned(run, entries, around)
    decided = run.first_bad is not None
    for entry in entries:
        if run.over:
            break
        known = run.result(entry.name)
        if decided and known is not None and known.status.is_final:
            continue
        run = _step(run, entry, steps[entry.name], around)
    status, reason = run.verdict()
    return replace(run, status=status, reason=reason, finished_at=around.clock())


def _condemned(run: Run, entries: tuple[Entry, ...], around: Around) -> Run:
    """The step the workers died in ends errored, or, if they died between two, the next."""
    run = run.interrupted(Status.ERRORED, run.condemned, around.clock())
    if run.first_bad is None:
        name = next((entry.name for entry in entries if run.result(entry.name) is None), entries[-1].name)
        run = run.with_result(StepResult(name, Status.ERRORED, around.clock(), around.clock(), reason=run.condemned))
    around.record(run)
    return run


def _step(run: Run, entry: Entry, step: Step, around: Around) -> Run:
    if not _due(run, entry.settings.when):
        return _passed_over(run, entry, around)
    run = _recorded(run, StepResult(entry.name, Status.RUNNING, around.clock(), outputs=run.outputs(entry.name)), around)
    around.log(f"==> {entry.name}")
    result = _with_retries(run, entry, step, around)
    said = f": {result.reason}" if result.reason else ""
    around.log(f"<== {entry.name} {result.status} after {(result.finished_at or 0) - result.started_at:.1f} s{said}")
    return _recorded(run, result, around)


def _passed_over(run: Run, entry: Entry, around: Around) -> Run:
    """A step that is not due is skipped; one that an earlier attempt had begun stays what it was, for rollback goes by it."""
    known, now, reason = run.result(entry.name), around.clock(), _not_due(run)
    if known is None or known.status is Status.SKIPPED:
        return _recorded(run, StepResult(entry.name, Status.SKIPPED, now, now, reason=reason), around)
    if known.status is Status.RUNNING:
        reason = f"its worker died, and it was not taken up again: {reason}"
        return _recorded(run, replace(known, status=Status.ERRORED, finished_at=now, reason=reason), around)
    return run


def _due(run: Run, when: str) -> bool:
    return when == "always" or (when == "failure") == (run.first_bad is not None)


def _not_due(run: Run) -> str:
    return f"{run.first_bad.name} {run.first_bad.status}" if run.first_bad else "nothing failed"


def _with_retries(run: Run, entry: Entry, step: Step, around: Around) -> StepResult:
    saved = dict(_begun(run, entry).outputs)  # what a try saves is known to the next
    for tried in range(entry.settings.retries):
        try:
            return _once(run, entry, step, around, saved)
        except ToolError as error:
            if not error.transient:
                return _ended(run, entry, Status.ERRORED, str(error), saved, around)
            around.log(f"{error}; trying again in {2**tried} s")
            around.wait(2**tried)
    try:
        return _once(run, entry, step, around, saved)
    except ToolError as error:
        return _ended(run, entry, Status.ERRORED, str(error), saved, around)


def _once(run: Run, entry: Entry, step: Step, around: Around, saved: dict[str, str]) -> StepResult:
    run = run.with_result(replace(_begun(run, entry), outputs=dict(saved)))

    def save(outputs: Mapping[str, str]) -> None:
        saved.update(outputs)
        _recorded(run, replace(_begun(run, entry), outputs=dict(saved)), around)

    def ended(status: Status, reason: str = "", outputs: Mapping[str, str] | None = None) -> StepResult:
        return _ended(run, entry, status, reason, {**saved, **(outputs or {})}, around)

    try:
        with limit(entry.settings.timeout + GRACE):
            return ended(Status.SUCCEEDED, outputs=step(around.context(run, entry, save)))
    except RunOver as signal:
        return ended(Status(signal.status), str(signal))
    except StepSkipped as signal:
        return ended(Status.SKIPPED, str(signal), signal.outputs)
    except ToolError:
        raise
    except Fenced as error:
        around.record(run)  # raises when it is the store that says so; else it is a mark on the target alone, from before Redis was lost
        return ended(Status.ERRORED, str(error))
    except (Exception, TimeLimit) as error:
        return ended(*_said(error, run, entry))


def _said(error: BaseException, run: Run, entry: Entry) -> tuple[Status, str]:
    match error:
        case StepRejected():
            return Status.REJECTED, str(error)
        case StepFailed():
            return Status.FAILED, str(error)
        case TimeLimit():
            return Status.FAILED, f"no end after {entry.settings.timeout:g} s; if it may take longer, raise its timeout in pipeline.yaml"
    logger.error("run %s: step %s", run.id, entry.name, exc_info=error)
    return Status.ERRORED, f"a defect of Pushrail ({type(error).__name__}); the worker's own log has the traceback"


def _begun(run: Run, entry: Entry) -> StepResult:
    return next(result for result in run.steps if result.name == entry.name)


def _ended(run: Run, entry: Entry, status: Status, reason: str, outputs: Mapping[str, str], around: Around) -> StepResult:
    return replace(_begun(run, entry), status=status, reason=reason, outputs=dict(outputs), finished_at=around.clock())


def _recorded(run: Run, result: StepResult, around: Around) -> Run:
    run = run.with_result(result)
    around.record(run)
    return run
