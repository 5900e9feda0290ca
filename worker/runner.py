"""Takes a run through its app's steps: order, ``when``, limits, retries, catching, recording. Knows no tool and no step by name.

The one place that catches what a step raises, and the one that turns it into a StepResult.
"""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from pipeline.errors import Fenced, StepFailed, StepRejected, StepSkipped, ToolError
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
    decided against the run: what came to a verdict is not tried again, only what follows it.
    """
    condemned = run.first_bad is not None
    for entry in entries:
        known = run.result(entry.name)
        if condemned and known is not None and known.status.is_final:
            continue
        run = _step(run, entry, steps[entry.name], around)
    status, reason = run.verdict()
    return replace(run, status=status, reason=reason, finished_at=around.clock())


def _step(run: Run, entry: Entry, step: Step, around: Around) -> Run:
    begun = StepResult(entry.name, Status.RUNNING, around.clock(), outputs=run.outputs(entry.name))
    if not _due(run, entry.settings.when):
        skipped = replace(begun, status=Status.SKIPPED, reason=_not_due(run), finished_at=begun.started_at)
        return _recorded(run, skipped, around)
    run = _recorded(run, begun, around)
    around.log(f"==> {entry.name}")
    result = _with_retries(run, entry, step, around)
    said = f": {result.reason}" if result.reason else ""
    around.log(f"<== {entry.name} {result.status} after {(result.finished_at or 0) - result.started_at:.1f} s{said}")
    return _recorded(run, result, around)


def _due(run: Run, when: str) -> bool:
    return when == "always" or (when == "failure") == (run.first_bad is not None)


def _not_due(run: Run) -> str:
    return f"{run.first_bad.name} {run.first_bad.status}" if run.first_bad else "nothing failed"


def _with_retries(run: Run, entry: Entry, step: Step, around: Around) -> StepResult:
    for tried in range(entry.settings.retries + 1):
        try:
            return _once(run, entry, step, around)
        except ToolError as error:
            if not error.transient or tried == entry.settings.retries:
                return _ended(_begun(run, entry), Status.ERRORED, str(error), around)
            around.log(f"{error}; trying again in {2**tried} s")
            around.wait(2**tried)
    raise AssertionError("unreachable")


def _once(run: Run, entry: Entry, step: Step, around: Around) -> StepResult:
    begun = _begun(run, entry)
    saved: dict[str, str] = dict(begun.outputs)

    def save(outputs: Mapping[str, str]) -> None:
        saved.update(outputs)
        _recorded(run, replace(begun, outputs=dict(saved)), around)

    def ended(status: Status, reason: str = "", outputs: Mapping[str, str] | None = None) -> StepResult:
        return replace(_ended(begun, status, reason, around), outputs={**saved, **(outputs or {})})

    try:
        with limit(entry.settings.timeout + GRACE):
            return ended(Status.SUCCEEDED, outputs=step(around.context(run, entry, save)))
    except StepSkipped as signal:
        return ended(Status.SKIPPED, str(signal), signal.outputs)
    except (StepFailed, StepRejected) as error:
        return ended(Status.REJECTED if isinstance(error, StepRejected) else Status.FAILED, str(error))
    except TimeLimit:
        return ended(Status.FAILED, f"no end after {entry.settings.timeout:g} s; if it may take longer, raise its timeout in pipeline.yaml")
    except (ToolError, Fenced):
        raise
    except Exception as error:
        logger.exception("run %s: step %s", run.id, entry.name)
        return ended(Status.ERRORED, f"a defect of Pushrail ({type(error).__name__}); the worker's own log has the traceback")


def _begun(run: Run, entry: Entry) -> StepResult:
    begun = run.result(entry.name)
    assert begun is not None
    return begun


def _ended(begun: StepResult, status: Status, reason: str, around: Around) -> StepResult:
    return replace(begun, status=status, reason=reason, finished_at=around.clock())


def _recorded(run: Run, result: StepResult, around: Around) -> Run:
    run = run.with_result(result)
    around.record(run)
    return run
