"""A folder as an operator has it, and the compose project that runs from it.

In place of a forge there is git's own daemon. There is no cluster: the app's steps leave the rollout out, so its target is never asked.
"""

import os
import secrets
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from tests.e2e.installation import Repository, free_port

ROOT = Path(__file__).parents[2]
UNCOMMITTED = shutil.ignore_patterns("__pycache__", ".*_cache", "model", ".venv", "metrics.json")
SOCKET = Path("/var/run/docker.sock")
SECRETS = ("REDIS_PASSWORD", "PUSHRAIL_API_TOKEN", "PUSHRAIL_DASHBOARD_PASSWORD", "IRIS_WEBHOOK_SECRET")

PIPELINE = """
version: 1
apps:
  {app}:
    source: {{url: "git://repository/acme/iris", secret_env: IRIS_WEBHOOK_SECRET}}
    image: {{engine: docker, keep: 2}}
    target: {{kind: kubernetes, context: none, deployment: iris, container: web}}
    train: {{command: [python, train.py], inputs: ["*.py", params.json, "data/**"], memory: 1g}}
    evaluate: {{command: [python, evaluate.py], require: {{accuracy: {{min: 0.9}}}}}}
    steps: [pull, retrain, evaluate, build, tag, prune]
"""

OVERRIDE = """
services:
  repository:
    image: ${PUSHRAIL_IMAGE}
    init: true
    entrypoint: [git, -c, safe.directory=*, daemon, --export-all, --base-path=/srv/git]
    command: []
    volumes: ["./git:/srv/git:ro"]
"""


@dataclass(frozen=True)
class Installation:
    """``name`` is the project's and the app's, ``commit`` is what the app's repository holds, ``secrets`` are by variable."""

    folder: Path
    program: tuple[str, ...]
    image: str
    name: str
    port: int
    secrets: dict[str, str]
    commit: str

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def app_image(self) -> str:
        return f"{self.name}:git-{self.commit[:12]}"

    def compose(self, *args: str) -> str:
        done = subprocess.run([*self.program, "-p", self.name, *args], cwd=self.folder, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def container(self, service: str) -> str:
        return self.compose("ps", "-q", "--all", service).strip()

    def is_ready(self) -> bool:
        try:
            return requests.get(f"{self.address}/readyz", timeout=2).status_code == 200
        except requests.ConnectionError:
            return False

    def run(self, run_id: str) -> dict[str, Any]:
        bearer = {"Authorization": f"Bearer {self.secrets['PUSHRAIL_API_TOKEN']}"}
        answer = requests.get(f"{self.address}/api/v1/runs/{run_id}", headers=bearer, timeout=5)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())


def prepare(folder: Path, program: tuple[str, ...], image: str) -> Installation:
    """Fill the folder; nothing is started."""
    name = f"iris-{secrets.token_hex(4)}"
    repository = Repository(folder / "git" / "acme" / "iris")
    shutil.copytree(ROOT / "app_template", repository.folder, ignore=UNCOMMITTED, dirs_exist_ok=True)
    commit = repository.commit({}, "First release")
    installed = Installation(folder, program, image, name, free_port(), {each: secrets.token_hex(16) for each in SECRETS}, commit)
    shutil.copy(ROOT / "docker-compose.yml", folder)
    for path, text in _texts(installed).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return installed


def _texts(installed: Installation) -> dict[str, str]:
    variables = {
        **installed.secrets,
        "DOCKER_GID": str(SOCKET.stat().st_gid),
        "PUSHRAIL_LISTEN": f"127.0.0.1:{installed.port}",
        "PUSHRAIL_IMAGE": installed.image,
    }
    return {
        ".env": "".join(f"{name}={value}\n" for name, value in variables.items()),
        "pipeline.yaml": PIPELINE.format(app=installed.name),
        "docker-compose.override.yml": OVERRIDE,
    }


def docker(*args: str, **variables: str) -> str:
    done = subprocess.run(["docker", *args], env={**os.environ, **variables}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout
