"""What people who watch a log live cost a delivery: latencies without any, with 200 whose log is silent, and with 200 of a busy one.

    python -m bench.viewers

The real server with as many workers as it has by itself, and a Redis that syncs its append-only file before it answers. Viewers do what the
page does: ask for more than they have, wait up to 20 s, and ask again. The three take turns, so what else the machine does meets them all.
"""

import json
import statistics
import subprocess
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import requests

from bench.viewing import viewing
from cli import embedded_redis
from pipeline.connection import impatient
from pipeline.model import Run, Trigger
from pipeline.run_log import RunLog
from pipeline.store import Store
from tests.conftest import answers
from tests.hook import COMMIT, SPEC_TEXT, payload, settings, signature
from tests.served import served
from tests.waiting import wait_until

VIEWERS, SENDERS, ROUNDS, SECONDS, SETTLING, PAUSE = 200, 4, 4, 5.0, 1.0, 0.05
RUN = "watched"
EVERY = {"no viewer": None, f"{VIEWERS} viewers, silent log": None, f"{VIEWERS} viewers, a line a second": 1.0}
"""Seconds between two lines of the log."""


@contextmanager
def redis(folder: Path) -> Iterator[str]:
    command, url = embedded_redis.prepare(folder)
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        wait_until(lambda: answers(url))
        yield url
        process.terminate()


def send(address: str, until: float, took: list[float]) -> None:
    """Push a new commit every now and then on a connection that stays open; milliseconds of each."""
    with requests.Session() as session:
        while time.monotonic() < until:
            body = json.dumps(payload("push", after=uuid.uuid4().hex + "0" * 8)).encode()
            named = {"X-GitHub-Event": "push", "X-GitHub-Delivery": str(uuid.uuid4()), "X-Hub-Signature-256": signature(body)}
            began = time.perf_counter()
            answer = session.post(f"{address}/hooks/github", body, headers={**named, "Content-Type": "application/json"}, timeout=30)
            took.append((time.perf_counter() - began) * 1000)
            assert answer.status_code == 202, answer.text
            time.sleep(PAUSE)


def measured(address: str) -> list[float]:
    took: list[float] = []
    senders = [threading.Thread(target=send, args=(address, time.monotonic() + SECONDS, took)) for _ in range(SENDERS)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    return took


@contextmanager
def lines(log: RunLog, every: float | None) -> Iterator[None]:
    """A log that grows, if it does, for the length of the block."""
    over = threading.Event()

    def write() -> None:
        while every and not over.wait(every):
            log.append(RUN, b"12:00:00 epoch 17: loss 0.0423\n")

    beside = threading.Thread(target=write)
    beside.start()
    yield
    over.set()
    beside.join()


def main() -> None:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = stack.enter_context(redis(folder / "redis"))
        address, _ = stack.enter_context(served(settings(url), SPEC_TEXT, folder))
        store, log = Store(impatient(url)), RunLog(impatient(url))
        store.accept(Run(RUN, "rose", Trigger.PUSH, "refs/heads/main", COMMIT, delivery="d0", created_at=time.time()))
        took: dict[str, list[float]] = {name: [] for name in EVERY}
        for _ in range(ROUNDS):
            for name, every in EVERY.items():
                with viewing(address, RUN, 0 if name == "no viewer" else VIEWERS) as answers, lines(log, every):
                    time.sleep(SETTLING)
                    took[name] += measured(address)
                print(f"    {name}: {len(answers)} answers to viewers")
    for name, found in took.items():
        cuts = statistics.quantiles(found, n=100)
        print(f"{name}: {len(found)} deliveries, p50 {cuts[49]:.1f} ms, p99 {cuts[98]:.1f} ms, longest {max(found):.1f} ms")


if __name__ == "__main__":
    main()
