"""A run through scripted steps, and what happened on the way; no tool is near."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pipeline.errors import Fenced
from pipeline.model import Run
from pipeline.plan import planned
from tests.unit.steps import RUN, app, context
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
