"""The demo's own Pushrail: a folder with its pipeline.yaml, and ``pushrail up`` as a child process."""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cli import credentials
from pipeline.errors import PushrailError

_PID = "up.pid"
KEPT = ("environments",)
"""What a second demo takes over from the first: virtual environments, found by the hash of what is in them."""

_PIPELINE = """\
version: 1
apps:
  iris:
    source: {{url: "{repository}", branch: main, secret_env: DEMO_WEBHOOK_SECRET}}
    image: {{engine: local}}
    target: {{kind: local, port: {port}, replicas: 2}}
    train:
      command: [python, train.py]
      inputs: [train.py, dataset.py, model.py, golden.py, params.json, requirements.txt, "data/**"]
      output: model
    evaluate:
      command: [python, evaluate.py]
      require: {{accuracy: {{min: 0.9, no_worse_than_live: 0.01}}}}
    steps: [pull, retrain, evaluate, build, tag, prune, {{rollout: {{timeout: 6s}}}}, {{verify: {{soak: 1s}}}}, rollback]
"""


@dataclass(frozen=True, slots=True)
class Service:
    """Where everything of one demo is, and the secrets it runs with."""

    folder: Path
    address: str
    app_port: int
    token: str
    password: str
    secret: str

    @property
    def logs(self) -> Path:
        return self.folder / "logs"

    def environment(self, inherited: Mapping[str, str]) -> Mapping[str, str]:
        return {
            **{name: value for name, value in inherited.items() if not name.startswith("PUSHRAIL_")},
            "DEMO_WEBHOOK_SECRET": self.secret,
        }


def plan(folder: Path) -> Service:
    """Choose free ports and new secrets for a demo in ``folder``, which is emptied of an earlier one, its service ended."""
    folder.mkdir(parents=True, exist_ok=True)
    _end_earlier(folder)
    for old in folder.iterdir():
        if old.name not in KEPT:
            shutil.rmtree(old) if old.is_dir() and not old.is_symlink() else old.unlink()
    ports = _free_ports(2)
    made = credentials.generated(folder)  # the ones that `pushrail up` will find there
    token, password = (made[name] for name in credentials.NAMES)
    return Service(folder, f"http://127.0.0.1:{ports[0]}", ports[1], token, password, secrets.token_urlsafe(32))


@contextmanager
def running(service: Service, repository: Path, environment: Mapping[str, str], keep: bool) -> Iterator[int]:
    """``pushrail up`` for the length of the block, or, to ``keep``, from its beginning on; gives its process id."""
    config = service.folder / "pipeline.yaml"
    config.write_text(_PIPELINE.format(repository=repository, port=service.app_port))
    service.logs.mkdir(exist_ok=True)
    process = _start(service, environment)
    kept = False
    try:
        _wait(service, process)
        yield process.pid
        kept = keep
    finally:
        if not kept:
            process.terminate()
            process.wait()


def _start(service: Service, environment: Mapping[str, str]) -> "subprocess.Popen[bytes]":
    where = ["--config", str(service.folder / "pipeline.yaml"), "--data-dir", str(service.folder)]
    command = [sys.executable, "-m", "cli", "up", *where, "--listen", service.address.removeprefix("http://")]
    with (service.logs / "up.log").open("wb") as output:
        process = subprocess.Popen(
            command, env=dict(environment), stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
        )
    (service.folder / _PID).write_text(str(process.pid))
    return process


def _end_earlier(folder: Path) -> None:
    """End the service that an earlier demo left running in ``folder``, and wait for its end."""
    try:
        pid = int((folder / _PID).read_text())
        if str(folder) not in subprocess.run(["ps", "-o", "args=", "-p", str(pid)], capture_output=True, text=True).stdout:
            return
        os.kill(pid, signal.SIGTERM)
        until = time.monotonic() + 60
        while time.monotonic() < until:
            os.kill(pid, 0)
            time.sleep(0.1)
    except (OSError, ValueError):
        return


def _wait(service: Service, process: "subprocess.Popen[bytes]", seconds: float = 60.0) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until and process.poll() is None:
        try:
            urllib.request.urlopen(f"{service.address}/readyz", timeout=2).close()  # noqa: S310 - our own address
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise PushrailError(f"pushrail up did not come up; see {service.logs / 'up.log'}")


def _free_ports(count: int) -> list[int]:
    probes = [socket.socket() for _ in range(count)]
    try:
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]
    finally:
        for probe in probes:
            probe.close()
