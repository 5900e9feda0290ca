"""Runs that the API tells of."""

from dataclasses import replace

from pipeline.model import Run, Status, Trigger
from pipeline.release import Release, withdrawn
from pipeline.releases import Releases
from pipeline.store import Store
from tests.hook import COMMIT

MAIN = "refs/heads/main"


def accepted(store: Store, name: str = "r1", app: str = "iris", commit: str = COMMIT) -> Run:
    run = Run(name, app, Trigger.PUSH, MAIN, commit, delivery=name, message="Fix", created_at=1000.0)
    store.accept(run)
    return run


def finished(store: Store, name: str = "r1", commit: str = COMMIT) -> Run:
    accepted(store, name, commit=commit)
    begun = store.begin(name, "w1", 2000.0)
    assert begun is not None
    run = replace(begun, status=Status.SUCCEEDED, finished_at=3000.0)
    store.finish(run)
    return run


def released(store: Store, name: str, trigger: Trigger = Trigger.PUSH, content: str = "") -> None:
    """A run that went live; each one's content is its own unless it is given."""
    store.accept(Run(name, "iris", trigger, "refs/heads/main", name[-1] * 40, delivery=name, requested_by="ada", message="why"))
    begun = store.begin(name, "w1", 2.0)
    assert begun is not None
    run = replace(begun, status=Status.SUCCEEDED, finished_at=3.0)
    made = Release("iris", name, run.commit, f"repo@{name}", "id", "a template", "golden", 3.0, content or name, f"Change {name}")
    made = replace(made, model="m", metrics={"accuracy": "0.9"}, requested_by="ada")
    store.finish(run, made, withdrawn(Releases(store.redis).live("iris"), run, made))
