"""Runs that the API tells of."""

from dataclasses import replace

from pipeline.model import Run, Status, Trigger
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
