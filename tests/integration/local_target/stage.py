"""An app on the embedded target, with its releases and its gateway."""

import http.client
from pathlib import Path

import pytest

from pipeline.model import Run, Trigger
from pipeline.spec import LocalTarget as Place
from tests.integration.gateway_process import ask, release
from worker.gateway.client import Gateway
from worker.gateway.desired import FolderRelease
from worker.tool import Target
from worker.tools.gateway_target import GatewayTarget


class Stage:
    """An app's target, its gateway and what is said to the log; ``conduct`` says how a version's release behaves."""

    def __init__(self, folder: Path, gateway: Gateway, port: int) -> None:
        self._folder = folder
        self.gateway = gateway
        self.port = port
        self.conduct: dict[str, dict[str, object]] = {}
        self.said: list[str] = []
        self.local = GatewayTarget("tiny", Place(kind="local", port=port, replicas=2), self._release, gateway)
        self.target: Target = self.local

    def _release(self, image: str) -> FolderRelease:
        version = image.removeprefix("tiny:")
        return release(self._folder, version, **self.conduct.get(version, {}))

    def rollout(self, version: str, fence: int = 1, seconds: float = 10) -> dict[str, str]:
        return dict(self.target.rollout(f"tiny:{version}", run(fence), seconds, self.said.append))

    def restore(self, template: str, fence: int = 1) -> dict[str, str]:
        return dict(self.target.restore(template, run(fence), 10, self.said.append))

    def snapshot(self) -> str:
        template = self.target.snapshot()
        assert template
        return template

    def end_a_replica(self, path: str) -> None:
        with pytest.raises(http.client.RemoteDisconnected):
            ask(self.port, path)

    def pids(self) -> set[str | None]:
        status = self.gateway.status("tiny")
        assert status
        return {replica.name for replica in status.replicas}


def run(fence: int) -> Run:
    return Run(f"run-{fence}", "tiny", Trigger.PUSH, "refs/heads/main", fence=fence)
