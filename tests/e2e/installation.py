"""A whole Pushrail of a test's own: ``pushrail up`` in a folder, spoken to over HTTP like anyone would."""

import hashlib
import hmac
import json
import os
import signal
import socket
import subprocess
import sys
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests
import yaml

from pipeline.connection import impatient
from pipeline.store import Store
from tests.secret import hidden, secret
from tests.waiting import wait_until

SECRET, TOKEN, PASSWORD = secret("webhook"), secret("api"), secret("password")
FINAL = ("succeeded", "failed", "errored", "rejected", "rolled_back", "rollback_failed", "cancelled", "superseded")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def signed(body: bytes, delivery: str = "", event: str = "push", secret: str = SECRET) -> dict[str, str]:
    """The headers GitHub would send with these bytes."""
    return {
        "Content-Type": "application/json",
        "X-GitHub-Event": event,
        "X-GitHub-Delivery": delivery or str(uuid.uuid4()),
        "X-Hub-Signature-256": f"sha256={hidden(hmac.new(secret.encode(), body, hashlib.sha256).hexdigest())}",
    }


def push_body(repository: str, commit: str, ref: str = "refs/heads/main") -> bytes:
    return json.dumps(
        {
            "ref": ref,
            "before": "1" * 40,
            "after": commit,
            "created": False,
            "deleted": False,
            "forced": False,
            "commits": [],
            "head_commit": {"id": commit, "message": "A change"},
            "repository": {"id": 1, "full_name": repository},
            "sender": {"login": "tester"},
        }
    ).encode()


@dataclass
class Installation:
    """``process`` is ``pushrail up``; ``store`` reads the same Redis."""

    folder: Path
    port: int = field(default_factory=free_port)
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def store(self) -> Store:
        return Store(impatient((self.folder / "data" / "redis" / "url").read_text()))

    def start(self, *flags: str) -> None:
        where = ["--config", str(self.folder / "pipeline.yaml"), "--data-dir", str(self.folder / "data")]
        environment = {**os.environ, "SECRET": SECRET, "PUSHRAIL_API_TOKEN": TOKEN, "PUSHRAIL_DASHBOARD_PASSWORD": PASSWORD}
        with (self.folder / "up.log").open("ab") as output:
            command = [sys.executable, "-m", "cli", "up", *where, "--listen", f"127.0.0.1:{self.port}", *flags]
            self.process = subprocess.Popen(command, env=environment, stdout=output, stderr=output)
        wait_until(self._up, 60)

    def _up(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, (self.folder / "up.log").read_text()
        return "pushrail: up at" in (self.folder / "up.log").read_text()

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        assert self.process is not None
        self.process.send_signal(how)
        code = self.process.wait(60)
        (self.folder / "up.log").unlink()
        return code

    def push(self, repository: str, commit: str, delivery: str = "") -> requests.Response:
        body = push_body(repository, commit)
        return requests.post(f"{self.address}/hooks/github", body, headers=signed(body, delivery), timeout=10)

    def api(self, method: str, path: str, **named: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {TOKEN}", **named.pop("headers", {})}
        return requests.request(method, f"{self.address}/api/v1{path}", headers=headers, timeout=40, **named)

    def run(self, run: str) -> dict[str, Any]:
        return dict(self.api("GET", f"/runs/{run}").json())

    def ended(self, run: str, seconds: float = 60) -> dict[str, Any]:
        """The run once it has ended."""
        return wait_until(lambda: found if (found := self.run(run))["status"] in FINAL else None, seconds, 0.1) or {}

    def log(self, run: str) -> str:
        return self.api("GET", f"/runs/{run}/log").text

    def releases(self, app: str = "tiny") -> list[dict[str, Any]]:
        """The app's history, newest first."""
        return list(self.api("GET", f"/apps/{app}/releases").json()["releases"])

    def step(self, run: Mapping[str, Any], name: str) -> dict[str, Any]:
        return next(dict(step) for step in run["steps"] if step["name"] == name)


@contextmanager
def installed(folder: Path, apps: Mapping[str, Any], *flags: str) -> Iterator[Installation]:
    """An installation with these apps, up for the length of the block."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "pipeline.yaml").write_text(yaml.safe_dump({"version": 1, "apps": dict(apps)}))
    installation = Installation(folder)
    installation.start(*flags)
    try:
        yield installation
    finally:
        if installation.process and installation.process.poll() is None:
            installation.stop()


class Repository:
    """A git repository that a test commits to; its place on disk is its URL."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True)
        self.git("init", "--quiet", "--initial-branch", "main")
        self.git("config", "user.name", "tester")
        self.git("config", "user.email", "tester@example.com")

    @property
    def name(self) -> str:
        return f"{self.folder.parent.name}/{self.folder.name}"

    def commit(self, files: Mapping[str, str], message: str = "A change") -> str:
        for path, text in files.items():
            (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / path).write_text(text)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)
        return self.git("rev-parse", "HEAD").strip()

    def git(self, *args: str) -> str:
        return subprocess.run(["git", *args], cwd=self.folder, check=True, capture_output=True, text=True).stdout
