"""An engine that restarts or is away under a live app, and what comes back by itself."""

import json
import os
import shutil
import signal
from collections.abc import Iterator
from dataclasses import asdict
from http.client import HTTPException
from pathlib import Path

import pytest

from pipeline.errors import ToolError
from tests.integration.docker_target.private_engine import PrivateEngine, private_engine
from tests.integration.docker_target.stage import Stage
from tests.integration.gateway_process import ask, gateway_process
from tests.waiting import wait_until
from worker.gateway.status import State

pytestmark = [
    pytest.mark.engine,
    pytest.mark.skipif(
        os.geteuid() != 0 or not all(map(shutil.which, ("dockerd", "ip"))), reason="an engine of a test's own needs root, dockerd and ip"
    ),
]

IMAGE = "nginx:1"
SETTINGS = {"replicas": 1, "container_port": 80, "readiness": "/"}


@pytest.fixture(scope="module")
def engine() -> Iterator[PrivateEngine]:
    with private_engine() as found:
        found.load(IMAGE)
        yield found


@pytest.fixture
def stage(engine: PrivateEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    """An app, live."""
    monkeypatch.setenv("DOCKER_HOST", engine.host)
    with gateway_process(tmp_path, containers="ours") as (gateway, _):
        stage = Stage(None, gateway, dict(SETTINGS))
        stage.rollout(IMAGE)
        yield stage
    engine.remove_containers()


def serves(stage: Stage) -> bool:
    try:
        return "nginx" in ask(stage.port)
    except (OSError, HTTPException):
        return False


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL], ids=["restarted", "killed"])
def test_the_app_is_back_after_its_engine_was(engine: PrivateEngine, stage: Stage, how: signal.Signals) -> None:
    assert serves(stage)
    engine.end(how)
    wait_until(lambda: not stage.status().complete)
    engine.start()
    next(status for status in stage.gateway.watch(stage.app, 60) if status.complete)
    assert serves(stage)
    assert len(engine.docker("ps", "--all", "--quiet").stdout.split()) == 1


def test_a_rollout_without_an_engine_is_no_verdict_on_the_release(engine: PrivateEngine, stage: Stage) -> None:
    engine.end(signal.SIGTERM)
    try:
        with pytest.raises(ToolError, match=r"no verdict within 3 s: .*the engine does not answer") as raised:
            stage.rollout("nginx:another", fence=2, seconds=3)
        assert raised.value.transient
    finally:
        engine.start()


def test_a_gateway_that_is_there_before_its_engine_brings_the_release_back(
    engine: PrivateEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a restart of the machine."""
    monkeypatch.setenv("DOCKER_HOST", engine.host)
    with gateway_process(tmp_path, containers="theirs") as (gateway, _):
        stage = Stage(None, gateway, dict(SETTINGS))
        stage.rollout(IMAGE)
        live = json.dumps(asdict(stage.target.desired(stage.snapshot())))
    engine.end(signal.SIGTERM)
    with gateway_process(tmp_path, live, containers="theirs"):
        wait_until(lambda: stage.status().replicas[0].state is State.WAITING)
        engine.start()
        next(status for status in gateway.watch(stage.app, 60) if status.complete)
        assert serves(stage)
