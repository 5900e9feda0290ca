"""What becomes of a run that was taken over or condemned, and of a rollback that a person asked for."""

from dataclasses import replace
from typing import Any

import pytest

from pipeline.errors import StepFailed, StepSkipped, ToolError
from pipeline.model import Run, Status, StepResult, Trigger
from tests.unit.steps import RUN
from tests.unit.world import ALL, World, go


def test_an_attempt_that_takes_over_does_the_steps_again() -> None:
    world = World()
    go(world, ["pull", "build"], replace(RUN, steps=(StepResult("pull", Status.SUCCEEDED, 1.0, 2.0, {"commit": "c"}),)))
    assert world.done == ["pull", "build"]


def test_an_attempt_that_takes_over_a_condemned_run_only_does_what_follows() -> None:
    earlier = [("pull", Status.SUCCEEDED), ("rollout", Status.FAILED), ("verify", Status.SKIPPED), ("rollback", Status.RUNNING)]
    steps = tuple(StepResult(name, status, 1.0, None if status is Status.RUNNING else 2.0, reason="r") for name, status in earlier)
    world = World()
    run = go(world, ["pull", "rollout", "verify", "rollback"], replace(RUN, steps=steps))
    assert world.done == ["rollback"]
    assert run.status is Status.ROLLED_BACK


EARLIER = {"pull": Status.SUCCEEDED, "evaluate": Status.SUCCEEDED, "rollout": Status.SUCCEEDED, "verify": Status.RUNNING}


def taken_over(**changed: Any) -> Run:
    """A run whose worker died in verify: its release serves and nobody has verified it."""
    steps = tuple(StepResult(name, status, 1.0, None if status is Status.RUNNING else 2.0) for name, status in EARLIER.items())
    return replace(RUN, steps=steps, **changed)


SERVED = [*EARLIER, "rollback"]


def test_a_takeover_that_fails_before_the_rollout_still_rolls_back_what_serves() -> None:
    world = World()
    run = go(world, SERVED, taken_over(), evaluate=StepFailed("no data today"))
    assert world.done == ["pull", "evaluate", "rollback"]
    assert run.status is Status.ROLLED_BACK
    assert {step.name: step.status for step in run.steps}["rollout"] is Status.SUCCEEDED
    assert {step.name: step.status for step in run.steps}["verify"] is Status.ERRORED


def test_a_condemned_run_only_rolls_back() -> None:
    world = World()
    run = go(world, SERVED, taken_over(condemned="its worker died 3 times"))
    assert world.done == ["rollback"]
    assert (run.status, run.reason) == (Status.ROLLED_BACK, "verify: its worker died 3 times")


def test_a_condemned_run_that_never_began_a_step_ends_errored() -> None:
    world = World()
    run = go(world, ["pull", "rollout", "rollback"], replace(RUN, condemned="its worker died 3 times"), rollback=StepSkipped("nothing"))
    assert world.done == ["rollback"]
    assert (run.status, run.reason) == (Status.ERRORED, "pull: its worker died 3 times")


def rolled_back_to(**steps: Any) -> tuple[Run, World]:
    """A rollback that a person asked for, through its two steps."""
    world = World()
    asked = replace(RUN, trigger=Trigger.ROLLBACK, restores="r0")
    return go(world, ALL, asked, **steps), world


def test_a_rollback_that_was_asked_for_succeeds() -> None:
    run, world = rolled_back_to()
    assert (run.status, world.done) == (Status.SUCCEEDED, ["rollback", "verify"])


@pytest.mark.parametrize(("step", "done"), [("rollback", ["rollback"]), ("verify", ["rollback", "verify"])])
@pytest.mark.parametrize("raised", [StepFailed("never ready"), ToolError("kubernetes", "away"), ValueError("a defect")])
def test_a_rollback_is_never_rolled_back(step: str, done: list[str], raised: Exception) -> None:
    run, world = rolled_back_to(**{step: raised})
    assert (run.status, world.done) == (Status.ROLLBACK_FAILED, done)
    assert run.reason.startswith(f"{step}: ")
