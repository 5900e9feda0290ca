"""Order, ``when``, retries, catching and recording; no tool is near."""

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from pipeline.errors import Fenced, RunOver, StepFailed, StepRejected, StepSkipped, ToolError
from pipeline.model import Status
from tests.unit.world import ALL, World, go
from worker import runner
from worker.step import StepContext


def test_steps_run_in_written_order() -> None:
    world = World()
    assert go(world, ALL).status is Status.SUCCEEDED
    assert world.done == ALL[:-1]


def test_a_step_that_is_not_due_says_why() -> None:
    result = go(World(), ["pull", "rollback"]).result("rollback")
    assert result is not None
    assert (result.status, result.reason) == (Status.SKIPPED, "nothing failed")


@pytest.mark.parametrize(
    ("raised", "status"),
    [
        (StepFailed("no"), Status.FAILED),
        (StepRejected("worse"), Status.REJECTED),
        (ToolError("docker", "away"), Status.ERRORED),
        (ValueError("a defect"), Status.ERRORED),
    ],
)
def test_what_a_step_raises_decides_the_run(raised: Exception, status: Status) -> None:
    world = World()
    assert go(world, ["pull", "build"], pull=raised).status is status
    assert world.done == ["pull"]


def test_a_skipped_step_stops_nothing_and_keeps_its_outputs() -> None:
    run = go(World(), ["retrain", "build"], retrain=StepSkipped("unchanged", {"key": "k"}))
    assert run.status is Status.SUCCEEDED
    assert run.outputs("retrain") == {"key": "k"}


def test_a_failed_rollout_that_was_rolled_back_ends_rolled_back() -> None:
    world = World()
    run = go(world, ALL, rollout=StepFailed("never ready"))
    assert (run.status, run.reason) == (Status.ROLLED_BACK, "rollout: never ready")
    assert world.done[-1] == "rollback"


def test_a_first_release_that_fails_ends_rolled_back_and_says_that_nothing_was_restored() -> None:
    world = World()
    run = go(world, ALL, rollout=StepFailed("never ready"), rollback={"first_release": "stopped"})
    assert run.status is Status.ROLLED_BACK
    assert run.reason == "rollout: never ready; there was no release to go back to, this one is stopped"


def test_the_reason_of_a_run_is_one_line_and_that_of_its_step_says_all() -> None:
    run = go(World(), ["pull"], pull=StepFailed("crashed\nits last lines:\nno model"))
    assert run.reason == "pull: crashed"
    assert run.steps[0].reason == "crashed\nits last lines:\nno model"


def test_a_rollback_that_fails_is_said_loudly() -> None:
    run = go(World(), ALL, rollout=StepFailed("never ready"), rollback=ToolError("kubernetes", "away"))
    assert run.status is Status.ROLLBACK_FAILED


def test_a_failure_before_the_rollout_stays_a_failure() -> None:
    run = go(World(), ALL, build=StepFailed("no such file"), rollback=StepSkipped("nothing was rolled out"))
    assert run.status is Status.FAILED


def test_a_step_that_is_always_due_runs_after_a_failure() -> None:
    world = World()
    go(world, ["pull", "build", {"prune": {"when": "always"}}], pull=StepFailed("no"))
    assert world.done == ["pull", "prune"]


def failing(times: int, error: Exception) -> Callable[[StepContext], Any]:
    left = [error] * times
    return lambda given: left.pop() if left else {"got": "there"}


def test_a_transient_tool_error_is_tried_again_with_growing_waits() -> None:
    world = World()
    run = go(world, ["pull"], pull=failing(2, ToolError("git", "timeout", transient=True)))
    assert run.status is Status.SUCCEEDED
    assert world.waited == [1, 2]


def test_retries_come_to_an_end() -> None:
    world = World()
    run = go(world, [{"pull": {"retries": 1}}], pull=failing(9, ToolError("git", "timeout", transient=True)))
    assert run.status is Status.ERRORED
    assert world.done == ["pull", "pull"]


def test_the_app_s_own_failure_is_not_tried_again() -> None:
    world = World()
    go(world, ["pull"], pull=StepFailed("no"))
    assert world.done == ["pull"]


def test_every_change_is_recorded_before_the_next() -> None:
    world = World()
    go(world, ["pull", "build"])
    assert [[(step.name, step.status) for step in run.steps] for run in world.recorded] == [
        [("pull", Status.RUNNING)],
        [("pull", Status.SUCCEEDED)],
        [("pull", Status.SUCCEEDED), ("build", Status.RUNNING)],
        [("pull", Status.SUCCEEDED), ("build", Status.SUCCEEDED)],
    ]


def test_what_a_step_saves_is_there_before_it_ends() -> None:
    world = World()

    def saving(given: StepContext) -> Mapping[str, str]:
        given.save({"commit": "c"})
        return {}

    go(world, ["pull"], pull=saving)
    assert [run.outputs("pull") for run in world.recorded] == [{}, {"commit": "c"}, {"commit": "c"}]


def test_an_attempt_that_the_store_refuses_stops_at_once() -> None:
    world = World(refuses=True)
    with pytest.raises(Fenced):
        go(world, ALL)
    assert world.done == []


def test_a_mark_on_the_target_that_the_store_knows_nothing_of_is_an_error_to_be_told() -> None:
    run = go(World(), ["rollout"], rollout=Fenced("the Deployment has a newer fence"))
    assert (run.status, run.reason) == (Status.ERRORED, "rollout: the Deployment has a newer fence")


@pytest.mark.parametrize("status", ["superseded", "cancelled"])
def test_a_step_that_declares_the_run_over_ends_it_and_nothing_follows(status: Any) -> None:
    world = World()
    run = go(world, [*ALL[:-1], {"prune": {"when": "always"}}, "rollback"], pull=RunOver(status, "a newer one is live"))
    assert (run.status, run.reason, world.done) == (Status(status), "a newer one is live", ["pull"])
    assert [(step.name, step.status) for step in run.steps] == [("pull", Status(status))]


@pytest.mark.parametrize("condemned", ["", "its worker died 3 times"])
def test_an_attempt_that_takes_over_a_run_that_was_over_comes_to_the_same_end(condemned: str) -> None:
    over = go(World(), ALL, pull=RunOver("superseded", "a newer one is live"))
    world = World()
    again = go(world, ALL, run=replace(over, status=Status.RUNNING, reason="", condemned=condemned))
    assert (again.status, again.reason, world.done) == (Status.SUPERSEDED, "a newer one is live", [])


def test_a_step_that_takes_too_long_fails_and_can_not_swallow_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "GRACE", 0.0)

    def stubborn(given: StepContext) -> Mapping[str, str]:
        try:
            time.sleep(5)
        except Exception:
            return {}
        return {}

    run = go(World(), [{"pull": {"timeout": "50ms"}}], pull=stubborn)
    assert run.status is Status.FAILED
    assert "0.05 s" in run.reason


def saying(*raised: Exception) -> Callable[[StepContext], Mapping[str, str]]:
    """A step that saves something new at each try and raises these, one try after the other."""
    left = list(raised)

    def step(given: StepContext) -> Mapping[str, str]:
        given.save({f"try {len(left)}": ", ".join(given.run.outputs("pull"))})
        if left:
            raise left.pop()
        return {}

    return step


def test_what_a_try_saves_is_known_to_the_next() -> None:
    run = go(World(), ["pull"], pull=saying(ToolError("git", "away", transient=True)))
    assert run.outputs("pull") == {"try 1": "", "try 0": "try 1"}


def test_a_step_that_ends_errored_keeps_what_it_saved() -> None:
    run = go(World(), ["pull"], pull=saying(ToolError("git", "away")))
    assert run.outputs("pull") == {"try 1": ""}
