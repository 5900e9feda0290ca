"""The two receivers that ``bench.receiver`` compares, as they are run in earnest, and what memory they take."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from cli import embedded_redis
from tests import conftest
from tests.served import answers, free_port
from tests.waiting import wait_until

LOOK_SECONDS = 0.4
SPEC = """
version: 1
apps:
  iris:
    source: {url: https://github.com/acme/iris.git, branch: main, secret_env: IRIS_SECRET}
    image: {engine: local}
    target: {kind: local, port: 8801}
"""


@dataclass(frozen=True, slots=True)
class Receiver:
    """Where pushes go, and the processes that take them; ``redis_url`` and ``redis`` (a process id) only where there is one."""

    name: str
    url: str
    pid: int
    redis_url: str = ""
    redis: int = 0


@contextmanager
def pushrail(folder: Path, secret: str) -> Iterator[Receiver]:
    """``pushrail server`` with the Redis that ``pushrail up`` brings along; no worker, for what a run does is no receiver's business."""
    with ExitStack() as stack:
        command, redis_url = embedded_redis.prepare(folder / "redis")
        redis = stack.enter_context(process(command, folder / "redis.log"))
        wait_until(lambda: conftest.answers(redis_url))
        (folder / "pipeline.yaml").write_text(SPEC)
        given = {
            "IRIS_SECRET": secret,
            "PUSHRAIL_API_TOKEN": secret,
            "PUSHRAIL_DASHBOARD_PASSWORD": secret,
            "PUSHRAIL_REDIS_URL": redis_url,
        }
        place = f"127.0.0.1:{free_port()}"
        command = [sys.executable, "-m", "cli", "server", "--listen", place, "--config", str(folder / "pipeline.yaml")]
        server = stack.enter_context(process([*command, "--data-dir", str(folder)], folder / "server.log", **given))
        wait_until(lambda: answers(f"http://{place}/livez"))
        yield Receiver("pushrail", f"http://{place}/hooks/github", server.pid, redis_url, redis.pid)


@contextmanager
def webhook(folder: Path, secret: str) -> Iterator[Receiver]:
    """Debian's ``webhook``, which verifies the same signature and starts ``/bin/true``."""
    signed = {"type": "payload-hmac-sha256", "secret": secret, "parameter": {"source": "header", "name": "X-Hub-Signature-256"}}
    hook = {"id": "push", "execute-command": "/bin/true", "trigger-rule": {"match": signed}}
    (folder / "hooks.json").write_text(json.dumps([hook]))
    port = free_port()
    command = ["webhook", "-hooks", str(folder / "hooks.json"), "-ip", "127.0.0.1", "-port", str(port)]
    with process(command, folder / "webhook.log") as server:
        wait_until(lambda: answers(f"http://127.0.0.1:{port}/"))
        yield Receiver("webhook", f"http://127.0.0.1:{port}/hooks/push", server.pid)


@contextmanager
def process(command: list[str], log: Path, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as output:
        started = subprocess.Popen(command, env={**os.environ, **environment}, stdout=output, stderr=output)
    try:
        yield started
    finally:
        started.terminate()
        started.wait(20)


def memory(pid: int) -> float:
    """MiB of a process and all its descendants: the proportional set size, in which a page that two share counts once."""
    rollup = (Path(f"/proc/{process}/smaps_rollup").read_text() for process in tree(pid))
    return sum(int(text.partition("\nPss:")[2].split()[0]) for text in rollup) / 1024


def settled(receiver: Receiver) -> float:
    """Seconds of CPU that all processes of a receiver have used, its Redis and what it started among them, once it is at rest."""
    used = [_busy(receiver)]

    def still() -> bool:
        time.sleep(LOOK_SECONDS)
        used.append(_busy(receiver))
        return used[-1] - used[-2] <= LOOK_SECONDS / 20

    wait_until(still, 120)
    return used[-1]


def _busy(receiver: Receiver) -> float:
    ticks = 0
    for process in (process for pid in (receiver.pid, receiver.redis) if pid for process in tree(pid)):
        with suppress(OSError):  # it has just ended, and its parent's account has its time
            ticks += sum(map(int, Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


def tree(pid: int) -> list[int]:
    """A process and its descendants."""
    children = []
    with suppress(OSError):
        children = [int(child) for task in Path(f"/proc/{pid}/task").iterdir() for child in (task / "children").read_text().split()]
    return [pid, *(process for child in children for process in tree(child))]
