"""A store with a plausible week in it: every state a run can be in, with steps, outputs, reasons and a log."""

from collections.abc import Mapping
from dataclasses import replace

from hook_server.show import absolute
from pipeline.model import Run, Status, StepResult, Trigger
from pipeline.release import Release, withdrawn
from pipeline.releases import Releases
from pipeline.run_id import new_run_id
from pipeline.run_log import RunLog
from pipeline.spec import DEFAULT_STEPS, Spec, parse
from pipeline.store import Store

_APP = """
  {name}:
    source: {{url: https://github.com/acme/{name}.git, secret_env: [IRIS_SECRET]}}
    image: {{engine: docker, repository: registry.example.com/{name}}}
    target: {{kind: kubernetes, context: prod, namespace: ml, deployment: {name}, container: web}}
"""

SPEC_TEXT = "version: 1\napps:\n" + "".join(_APP.format(name=name) for name in ("churn", "iris", "recommender"))
SECONDS = {"pull": 1.4, "retrain": 96.0, "evaluate": 7.2, "build": 4.6, "tag": 2.1, "prune": 0.7, "rollout": 21.5, "verify": 16.3}
_DIGEST = "sha256:4f9c2b7d1e8a"


def spec() -> Spec:
    return parse(SPEC_TEXT)


def _commit(number: int) -> str:
    return f"{(number * 0x9E3779B97F4A7C15F39CC0605CEDC834A1B2C3D4) % 16**40:040x}"


def _outputs(step: str, number: int) -> Mapping[str, str]:
    image = f"registry.example.com/churn@{_DIGEST}{number:052x}"
    known = {
        "pull": {"commit": _commit(number)},
        "retrain": {"environment": f"{number:08x}c1d2e3", "key": f"{number:08x}77aa", "model": f"{_commit(number + 7)}"},
        "evaluate": {"accuracy": "0.9417", "auc": "0.9782", "log_loss": "0.1863", "live accuracy": "0.9358", "live auc": "0.9771"},
        "build": {"image": f"{_DIGEST}{number:052x}", "content": _commit(number + 9), "reused": "no"},
        "tag": {"tag": f"git-{_commit(number)[:12]}", "image": image},
        "prune": {"removed": "2", "freed_bytes": "48211968"},
        "rollout": {"changed": "yes", "image": image, "replicas": "4"},
        "verify": {"golden": "as at evaluation"},
        "rollback": {"restored": image, "commit": _commit(number - 1)},
    }
    return known[step]


def results(
    number: int, begun: float, until: str = "verify", status: Status = Status.SUCCEEDED, reason: str = ""
) -> tuple[StepResult, ...]:
    """The steps as far as ``until``, which ends in ``status``; the ones before it succeeded."""
    steps: list[StepResult] = []
    for name in DEFAULT_STEPS[: DEFAULT_STEPS.index(until) + 1]:
        last, end = name == until, begun + SECONDS[name]
        outputs = _outputs(name, number)
        if last and status.is_bad:
            outputs = {**outputs, "accuracy": "0.8871"} if name == "evaluate" else {}
        ended = None if last and status is Status.RUNNING else end
        steps.append(StepResult(name, status if last else Status.SUCCEEDED, begun, ended, outputs, reason if last else ""))
        begun = end
    return tuple(steps)


def skipped(steps: tuple[StepResult, ...], reason: str, *, rollback: bool = False) -> tuple[StepResult, ...]:
    """``steps`` and, behind a bad one, those that were not due; the rollback where it was."""
    at = steps[-1].finished_at or 0.0
    rest = [StepResult(name, Status.SKIPPED, at, at, {}, reason) for name in DEFAULT_STEPS[len(steps) : -1]]
    back = StepResult("rollback", Status.SUCCEEDED, at, at + 9.3, _outputs("rollback", 3))
    return (*steps, *rest, back if rollback else StepResult("rollback", Status.SKIPPED, at, at, {}, reason or "nothing failed"))


_SAID = {
    "pull": "2 new commits fetched into the mirror\nexported to a clean workspace, 41 files",
    "retrain": (
        "environment 77aac1d2e3 is there already\n41 208 rows, 23 features, 8 242 held out\n"
        "epoch 1/5 loss 0.4121\nepoch 2/5 loss 0.2930\nepoch 3/5 loss 0.2244\nepoch 4/5 loss 0.1987\nepoch 5/5 loss 0.1863\n"
        "model/model.onnx, 6.1 MB"
    ),
    "evaluate": "accuracy 0.9417, auc 0.9782, log_loss 0.1863\nlive accuracy 0.9358, live auc 0.9771",
    "build": f"{_DIGEST}, 312.4 MB, 6.1 MB of it new",
    "tag": f"pushed 2 layers, 9 were there already\nregistry.example.com/churn@{_DIGEST}",
    "prune": "2 images removed, 48.2 MB freed",
    "rollout": "generation 42: 1 of 4 ready\ngeneration 42: 3 of 4 ready",
    "verify": "healthy for 15 s\n24 golden predictions as at evaluation, slowest 31 ms",
    "rollback": f"restoring registry.example.com/churn@{_DIGEST}\n4 of 4 ready\n24 golden predictions as before",
}


class Week:
    """Puts runs into a store as time goes by; ``now`` is when the reader looks."""

    def __init__(self, store: Store, log: RunLog, now: float) -> None:
        self.store, self.log, self.now = store, log, now

    def accept(self, number: int, age: float, message: str, by: str, app: str = "churn", trigger: Trigger = Trigger.PUSH) -> Run:
        at = self.now - age
        run = Run(
            id=new_run_id(at, _commit(number)[-6:]),
            app=app,
            trigger=trigger,
            ref="refs/heads/main",
            commit=_commit(number) if trigger is not Trigger.API else "",
            delivery=f"d{number}",
            requested_by=by,
            message=message,
            created_at=at,
        )
        self.store.accept(run)
        return run

    def begin(self, run: Run) -> Run:
        begun = self.store.begin(run.id, "worker-1", run.created_at + 0.6)
        assert begun is not None
        return begun

    def end(self, run: Run, steps: tuple[StepResult, ...], release: Release | None = None, live: Release | None = None) -> None:
        run = replace(self.begin(run), steps=steps)
        self.store.record(run)
        self._log(run)
        status, reason = run.verdict()
        run = replace(run, status=status, reason=reason, finished_at=steps[-1].finished_at)
        self.store.finish(run, release, withdrawn(live, run, release))

    def good(self, number: int, age: float, message: str, by: str, app: str = "churn", trigger: Trigger = Trigger.PUSH) -> Run:
        run = self.accept(number, age, message, by, app, trigger)
        image = f"registry.example.com/{app}@{_DIGEST}{number:052x}"
        release = Release(app, run.id, _commit(number), image, "id", "{}", "[]", run.created_at + 150, _commit(number + 9), message)
        metrics = {name: value for name, value in _outputs("evaluate", number).items() if not name.startswith("live ")}
        release = replace(release, model=_commit(number + 7), metrics=metrics, requested_by=by, revision=str(40 + number))
        self.end(run, skipped(results(number, run.created_at + 0.6), "nothing failed"), release)
        return run

    def back(self, age: float, reason: str, by: str, app: str = "churn") -> None:
        """From the release that is live to the one before."""
        live, before = Releases(self.store.redis).verified(app)[:2]
        at = self.now - age
        run = Run(new_run_id(at, "bac700"), app, Trigger.ROLLBACK, "refs/heads/main", before.commit, restores=before.run, created_at=at)
        run = replace(run, pinned=True, delivery="back", requested_by=by, message=reason)
        self.store.accept(run)
        steps = (StepResult("rollback", Status.SUCCEEDED, at + 1, at + 5), StepResult("verify", Status.SUCCEEDED, at + 5, at + 9))
        self.end(run, steps, replace(before, run=run.id, built_by=before.run, requested_by=by, verified_at=at + 9), live)

    def bad(self, number: int, age: float, message: str, by: str, until: str, status: Status, reason: str, **how: str) -> Run:
        run = self.accept(number, age, message, by, how.get("app", "churn"))
        steps = results(number, run.created_at + 0.6, until, status, reason)
        self.end(run, skipped(steps, f"{until} {status}", rollback="rollback" in how))
        return run

    def _log(self, run: Run) -> None:
        for result in run.steps:
            if result.status is not Status.SKIPPED:
                self.log.append(run.id, log_of(result).encode())


def log_of(result: StepResult) -> str:
    """The lines one step wrote, each with its time of day."""
    said = [f"==> {result.name}", *_SAID[result.name].split("\n")]
    end = result.finished_at or result.started_at + SECONDS[result.name]
    if result.status.is_bad:
        said[1 if result.name == "evaluate" else -1 :] = [result.reason]
    if result.finished_at is not None:
        why = f": {result.reason}" if result.reason else ""
        said.append(f"<== {result.name} {result.status} after {end - result.started_at:.1f} s{why}")
    every = (end - result.started_at) / len(said)
    return "".join(f"{absolute(result.started_at + number * every)[11:19]} {line}\n" for number, line in enumerate(said))


def fill(store: Store, log: RunLog, now: float) -> Run:
    """Fill the store and return the run that is under way."""
    week = Week(store, log, now)
    hour, day = 3600.0, 86_400.0
    week.good(1, 6 * day, "Serve predictions with the model's own labels", "grace", "iris")
    week.good(2, 3 * day, "Use the two-tower encoder for cold starts", "linus", "recommender")
    week.good(3, 2 * day, "Add tenure buckets to the features", "ada")
    week.bad(4, 30 * hour, "Drop the scaler", "ada", "evaluate", Status.REJECTED, "accuracy 0.8871 is below 0.9 and below the live 0.9358")
    reason = "pod churn-7c9d6-x2x4p: web exits with 1 (CrashLoopBackOff): KeyError: 'MODEL_DIR'"
    week.bad(5, 26 * hour, "Read the model's path from the environment", "margaret", "rollout", Status.FAILED, reason, rollback="yes")
    week.good(12, 20 * hour, "Read features from the new store", "linus")
    week.back(19 * hour, "p95 latency doubled at peak", "margaret")
    week.bad(6, 8 * hour, "Pin numpy", "ada", "tag", Status.ERRORED, "registry: registry.example.com answers 503", app="recommender")
    reason = "train.py ended with 137: out of memory (4g)"
    week.bad(7, 5 * hour, "Try a wider hidden layer", "linus", "retrain", Status.FAILED, reason, app="iris")
    week.good(8, 2 * hour, "Nightly retrain", "jenkins", "churn", Trigger.API)
    running = week.accept(9, 118, "Weight recent months twice", "ada")
    begun = replace(week.begin(running), steps=results(9, running.created_at + 0.6, "rollout", Status.RUNNING))
    store.record(begun)
    week._log(begun)
    week.accept(10, 45, "Fix a typo in the README", "grace")
    week.accept(11, 12, "Log the request id with every prediction", "grace")
    return begun
