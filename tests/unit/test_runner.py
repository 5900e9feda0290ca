"""Order, ``when``, retries, catching and recording; no tool is near."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import Fenced, StepFailed, StepRejected, StepSkipped, ToolError
from pipeline.model import Run, Status, StepResult, Trigger
from pipeline.plan import planned
from tests.unit.steps import RUN, app, context
from worker import runner
from worker.runner import Around, run_steps
from worker.step import Step, StepContext


@dataclass
class World:
    """What happened: the steps that ran, what was recorded, how long was waited."""

    done: list[str] = field(default_factory=list)
    recorded: list[Run] = field(default_factory=list)
    waited: list[float] = field(default_factory=list)
    refuses: bool = False

    def record(self, run: Run) -> None:
        if self.refuses:
            raise Fenced("a newer attempt counts")
        self.recorded.append(run)


def go(world: World, entries: list[Any], run: Run = RUN, **steps: Any) -> Run:
    """Run ``entries``; a step is what it returns, or the error it raises, and succeeds when it is not named."""
    described = app(steps=entries)
    due = planned(described, run)

    def make(name: str) -> Step:
        def step(given: StepContext) -> Mapping[str, str]:
            world.done.append(name)
            said = steps.get(name, {})
            said = said(given) if callable(said) else said
            if isinstance(said, BaseException):
                raise said
            return dict(said)

        return step

    around = Around(
        context=lambda now, entry, save: replace(context(Path(), entry.name, run=now, app=described), save=save),
        record=world.record,
        log=lambda line: None,
        clock=lambda: 1000.0,
        wait=world.waited.append,
    )
    return run_steps(run, due, {entry.name: make(entry.name) for entry in due}, around)


ALL = ["pull", "retrain", "evaluate", "build", "tag", "rollout", "verify", "rollback"]


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


def test_a_mark_on_the_target_that_the_store_knows_nothing_of_is_an_error_to_be_told() -> None:
    run = go(World(), ["rollout"], rollout=Fenced("the Deployment has a newer fence"))
    assert (run.status, run.reason) == (Status.ERRORED, "rollout: the Deployment has a newer fence")


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
