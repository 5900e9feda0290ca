"""A keeper's telling, round by round, with a clock that the test moves."""

from dataclasses import dataclass, field

from pipeline.model import Run, Status, StepResult, Trigger
from pipeline.reports import Reports
from pipeline.spec import App, parse
from pipeline.store import Store
from pipeline.told import Told
from tests.integration.reporting.github_server import TOKEN
from tests.integration.stored_runs import push
from worker.report import Around, tell
from worker.tools import forge

A, B = "a" * 40, "b" * 40


def app(address: str, *, name: str = "iris", more: str = "") -> App:
    return parse(f"""
version: 1
apps:
  {name}:
    source: {{url: https://github.com/acme/{name}.git, secret_env: SECRET}}
    image: {{engine: local}}
    target: {{kind: local, port: 9000}}
    report: {{api: "{address}", token_env: FORGE_TOKEN{more}}}
""").apps[name]


@dataclass
class Teller:
    """One keeper; several with other names share what Redis holds."""

    store: Store
    app: App
    name: str = "k1"
    now: float = 1000.0
    tokens: dict[str, str] = field(default_factory=lambda: {"FORGE_TOKEN": TOKEN})

    @property
    def reports(self) -> Reports:
        return Reports(self.store.redis)

    def round(self, later: float = 0.0) -> None:
        """Note what happened and tell of it, after so many seconds."""
        self.now += later
        self.reports.note([self.app.name], 0.0)
        around = Around(
            store=self.store,
            reports=self.reports,
            keeper=self.name,
            send=forge.send,
            token=self.tokens.__getitem__,
            hidden=(TOKEN,),
            page=lambda run: f"https://pushrail.example.com/runs/{run.id}",
            clock=lambda: self.now,
            noise=lambda: 0.0,
        )
        assert self.app.report is not None
        tell(self.app, self.app.report, around)

    def told(self, run: str = "r1") -> Told:
        found = self.store.run(run)
        assert found is not None
        assert found.told is not None
        return found.told

    @property
    def due(self) -> list[str]:
        return list(self.reports.due(self.app.name))


def accepted(store: Store, number: int = 1, commit: str = A, trigger: Trigger = Trigger.PUSH, app: str = "iris") -> None:
    store.accept(push(number, commit=commit, app=app))


def stepped(store: Store, run: Run, *steps: StepResult) -> Run:
    """The run with these steps, as its worker records them."""
    for step in steps:
        run = run.with_result(step)
    store.record(run)
    return run


def pulled(commit: str) -> StepResult:
    return StepResult("pull", Status.SUCCEEDED, 1.0, 2.0, {"commit": commit})


ROLLING = StepResult("rollout", Status.RUNNING, 3.0)
