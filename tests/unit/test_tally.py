"""What is to be counted of a run that ends."""

import pytest

from pipeline.model import Run, Status, StepResult, Trigger
from pipeline.tally import ended


def run(*steps: StepResult) -> Run:
    return Run(id="r1", app="iris", trigger=Trigger.PUSH, ref="refs/heads/main", steps=steps)


@pytest.mark.parametrize(
    ("seconds", "bound"), [(0.0, "0.5"), (0.5, "0.5"), (0.51, "1.0"), (59.9, "60.0"), (3600.0, "3600.0"), (3600.1, "+Inf"), (-1.0, "0.5")]
)
def test_a_step_falls_into_the_first_bucket_that_holds_it(seconds: float, bound: str) -> None:
    figures = ended(run(StepResult("pull", Status.SUCCEEDED, 1000.0, 1000.0 + seconds)))
    assert figures[0] == (f"step_bucket iris pull {bound}", 1.0)


def test_what_did_nothing_is_not_counted() -> None:
    assert not ended(run(StepResult("retrain", Status.SKIPPED, 1.0, 1.0), StepResult("build", Status.RUNNING, 1.0)))


@pytest.mark.parametrize("status", [Status.SUCCEEDED, Status.FAILED, Status.ERRORED])
def test_a_rollback_is_counted_by_how_it_ended(status: Status) -> None:
    assert (f"rolled_back iris {status}", 1.0) in ended(run(StepResult("rollback", status, 1.0, 2.0)))
