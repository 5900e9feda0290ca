"""Runs to give to the store, and what it says of them."""

from dataclasses import replace

from pipeline.model import Run, Status, Trigger
from pipeline.store import Store

MAIN = "refs/heads/main"


def push(number: int, *, app: str = "iris", ref: str = MAIN, delivery: str = "", commit: str = "", pinned: bool = False) -> Run:
    return Run(
        id=f"r{number}",
        app=app,
        trigger=Trigger.REPLAY if pinned else Trigger.PUSH,
        ref=ref,
        commit=commit or f"{number:040x}",
        delivery=delivery or f"d{number}",
        pinned=pinned,
        created_at=1000.0 + number,
    )


def status(store: Store, run: str) -> Status:
    found = store.run(run)
    assert found is not None
    return found.status


def queued(store: Store) -> list[str]:
    return [name.decode() for name in store.redis.lrange("rq:queue:pushrail", 0, -1)]


def begun(store: Store, run: str, worker: str = "w1") -> Run:
    found = store.begin(run, worker, 2000.0)
    assert found is not None
    return found


def finished(run: Run, to: Status = Status.SUCCEEDED) -> Run:
    return replace(run, status=to, finished_at=3000.0)
