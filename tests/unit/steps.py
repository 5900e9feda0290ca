"""Values that tests of the runner and of the steps share."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

from pipeline.model import Run, Status, StepResult, Trigger
from pipeline.release import BadRelease, Release
from pipeline.spec import App
from worker.step import StepContext, Tools
from worker.tool import StoredImage

RUN = Run("r1", "iris", Trigger.PUSH, "refs/heads/main", "a" * 40, fence=1, attempt=1)

APP: dict[str, Any] = {
    "name": "iris",
    "source": {"url": "https://example.com/acme/iris.git", "secret_env": "SECRET"},
    "image": {"engine": "local"},
    "target": {"kind": "local", "port": 9000},
}
TRAIN = {"command": ["python", "train.py"], "inputs": ["train.py"], "output": "model"}
IMAGE = StoredImage("sha256:1", {}, ("iris:git",), 1.0, 1000)
LIVE = Release("iris", "r0", "c" * 40, "repo@sha256:live", "sha256:live", "template", "", 1.0)


def after(*results: tuple[str, Status, dict[str, str]]) -> Run:
    """The run with these steps behind it."""
    return replace(RUN, steps=tuple(StepResult(name, status, 1.0, 2.0, outputs) for name, status, outputs in results))


def app(**changed: Any) -> App:
    return App.model_validate({**APP, **changed})


@dataclass
class Script:
    """A tool that answers each call from a table and remembers what it was asked; its preflight finds nothing unless told."""

    answers: Mapping[str, Any] = field(default_factory=dict)
    asked: list[tuple[Any, ...]] = field(default_factory=list)

    def __getattr__(self, verb: str) -> Callable[..., Any]:
        def answer(*args: Any, **named: Any) -> Any:
            self.asked.append((verb, *args))
            said = {"preflight": (), **self.answers}.get(verb)
            if isinstance(said, Exception):
                raise said
            return said(*args, **named) if callable(said) else said

        return answer

    def verbs(self) -> list[str]:
        return [asked[0] for asked in self.asked]


def context(
    workspace: Path,
    step: str,
    *,
    run: Run = RUN,
    app: App,
    live: Release | None = None,
    releases: Sequence[Release] = (),
    bad: BadRelease | None = None,
    source: Script | None = None,
    images: Script | None = None,
    target: Script | None = None,
) -> StepContext:
    settings = next(entry.settings for entry in app.steps if entry.name == step)
    tools = Tools(*(cast(Any, tool or Script()) for tool in (source, images, target)))
    kept: list[Release] = []
    said = (lambda line: None, lambda outputs: None, kept.append, kept.append)
    return StepContext(run, app, settings, live, releases, bad, workspace, tools, *said)
