"""How fast signed pushes are taken, beside Debian's ``webhook`` (adnanh/webhook), side by side in one run.

    apt-get install webhook wrk
    python -m bench.receiver

Both get the same signed pushes of 7 kB on 16 connections that stay open, each with a delivery id of its own, on the same two cores.
``webhook`` verifies the same HMAC and starts ``/bin/true``; ``pushrail server`` claims, keeps and enqueues, in a Redis of its own whose
append-only file is synced every second, as Redis has it by default, or before each answer, as ``pushrail up`` has it. They take turns, so
what else the machine does meets both: believe the ratios. Two loads: one push under ever new delivery ids, of which all but the first are
duplicates; and a new commit each time, so that each push becomes a run.

The interpreter matters: one built without ``--enable-optimizations``, as pyenv does unless told, is slower by a third than the one in the
image ``python:3.11-slim`` or Debian's.
"""

import hashlib
import hmac
import json
import os
import re
import secrets
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path

from redis import Redis

from bench.receivers import LOOK_SECONDS, Receiver, memory, pushrail, settled, webhook
from pipeline.connection import impatient
from pipeline.tally import Tally
from tests.hook import COMMIT, payload

SECONDS, ROUNDS, CONNECTIONS, BODY_BYTES, COMMITS, CORES = 5, 5, 16, 7000, 40_000, 2


@dataclass(frozen=True, slots=True)
class Round:
    """What wrk counted: latencies are milliseconds, ``rate`` is answers a second.

    ``done`` is the same with the time until the receiver was at rest, for one that answers first works on; ``cpu`` is microseconds each.
    """

    answers: int
    failed: int
    rate: float
    p50: float
    p99: float
    done: float = 0.0
    cpu: float = 0.0


def body() -> str:
    """A push as GitHub sends it, with as many commits as make 7 kB, and ``|`` in place of its newest commit."""
    push = payload("push")
    while len(json.dumps(push)) < BODY_BYTES:
        push["commits"].insert(0, dict(push["commits"][-1], id=hashlib.sha1(bytes(len(push["commits"]))).hexdigest()))
    text = json.dumps(push)
    assert "|" not in text
    return text.replace(COMMIT, "|")


def prepare(folder: Path, secret: str, commits: int) -> Path:
    """Write what ``pushes.lua`` sends: the body, and so many commits with their signatures."""
    folder.mkdir()
    text = body()
    (folder / "body").write_text(text)
    with (folder / "signed").open("w") as signed:
        for number in range(commits):
            commit = hashlib.sha1(f"{folder.name} {number}".encode()).hexdigest()
            digest = hmac.new(secret.encode(), text.replace("|", commit).encode(), hashlib.sha256).hexdigest()
            signed.write(f"{commit} {digest}\n")
    return folder


def measure(receiver: Receiver, pushes: Path, word: str) -> Round:
    """Load it once.

    Args:
        word: what the delivery ids begin with.
    """
    load = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "-s", str(Path(__file__).with_name("pushes.lua")), receiver.url]
    before, began = settled(receiver), time.monotonic()
    said = subprocess.run([*load, "--", str(pushes), word], check=True, capture_output=True, text=True).stdout
    counted = Round(**json.loads(said.splitlines()[-1]))
    assert not counted.failed, f"{receiver.name}: {counted.failed} of {counted.answers} pushes failed"
    cpu = settled(receiver) - before
    return replace(counted, done=counted.answers / (time.monotonic() - LOOK_SECONDS - began), cpu=cpu / counted.answers * 1e6)


def kept(receiver: Receiver) -> int:
    """How many runs its Redis was ever given."""
    return int(Tally(impatient(receiver.redis_url)).figures().get(("accepted", "iris", "push"), 0))


def compare(ours: Receiver, theirs: Receiver, pushes: Path) -> None:
    before, rounds = kept(ours), []
    for number in range(ROUNDS):
        turn = [ours, theirs] if number % 2 else [theirs, ours]
        counted = {receiver.name: measure(receiver, pushes, f"{re.sub(r'[^a-z]+', '-', pushes.name)}-{number}") for receiver in turn}
        rounds.append((counted[ours.name], counted[theirs.name]))
    answered = sum(mine.answers for mine, _ in rounds)
    print(f"{pushes.name}: {answered} pushes answered, {kept(ours) - before} runs kept")
    for name, unit in (("rate", "/s"), ("done", "/s"), ("p50", " ms"), ("p99", " ms"), ("cpu", " µs a push")):
        pairs = [(getattr(mine, name), getattr(other, name)) for mine, other in rounds]
        ratios = sorted(mine / other for mine, other in pairs)
        medians = [statistics.median(column) for column in zip(*pairs, strict=True)]
        line = f"{medians[0]:.1f}{unit} {ours.name}, {medians[1]:.1f}{unit} {theirs.name}"
        print(f"    {name}: {line}, ratio {statistics.median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})")


def report_memory(ours: Receiver, theirs: Receiver, when: str) -> None:
    mine, other = memory(ours.pid), memory(theirs.pid)
    print(f"memory {when}: {mine:.0f} MiB {ours.name}, {other:.0f} MiB {theirs.name}, ratio {mine / other:.1f};", end=" ")
    print(f"and {memory(ours.redis):.0f} MiB of Redis, which holds what was accepted")


def main() -> None:
    if absent := [name for name in ("webhook", "wrk") if not shutil.which(name)]:
        print(f"skipped: {' and '.join(absent)} not on PATH; apt-get install webhook wrk")
        return
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:CORES])
    print(f"Python {sys.version}")
    secret = secrets.token_hex(32)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        ours = stack.enter_context(pushrail(folder, secret))
        theirs = stack.enter_context(webhook(folder, secret))
        report_memory(ours, theirs, "at rest")
        for (name, commits), sync in product((("the same push", 1), ("a new commit each", COMMITS)), ("everysec", "always")):
            Redis.from_url(ours.redis_url).config_set("appendfsync", sync)
            compare(ours, theirs, prepare(folder / f"{name}, synced {sync}", secret, commits))
        report_memory(ours, theirs, "after the load")


if __name__ == "__main__":
    main()
