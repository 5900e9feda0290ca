"""Containers and the gateway's own life: they go on without it, and the next one takes them on or removes them."""

import json
import signal
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest

from tests.integration.docker_target.stage import Engine, Stage, house
from tests.integration.docker_target.stage import engine as an_engine
from tests.integration.gateway_process import ask
from tests.waiting import wait_until

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    """An installation of this module's own: its gateways come and go."""
    with an_engine() as found:
        yield found


def running(engine: Engine) -> set[str]:
    return {container.name for container in engine.containers() if container.status == "running"}


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_containers_go_on_without_the_gateway_and_the_next_takes_them_on(engine: Engine, tmp_path: Path, how: signal.Signals) -> None:
    with house(tmp_path, engine) as (gateway, process):
        stage = Stage(engine, gateway, {"replicas": 2})
        stage.rollout(engine.image("v1"), fence=5)
        before, template = stage.names(), stage.snapshot()
        process.send_signal(how)
        process.wait(10)
    assert running(engine) == before
    with house(tmp_path, engine, json.dumps(asdict(stage.target.desired(template)))):
        assert ask(stage.port) == "v1"
        status = next(status for status in gateway.watch(stage.app, 20) if status.complete)
        assert {replica.name for replica in status.replicas} == before
        assert stage.snapshot() == template
    engine.remove_containers()


def test_what_no_live_release_needs_is_removed(engine: Engine, tmp_path: Path) -> None:
    with house(tmp_path, engine) as (gateway, _):
        stage, other = Stage(engine, gateway, {"replicas": 2}), Stage(engine, gateway)
        stage.rollout(engine.image("v1"))
        other.rollout(engine.image("v1"))
        template = stage.snapshot()
        stage.settings["replicas"] = 1
    with house(tmp_path, engine, json.dumps(asdict(stage.target.desired(template)))):
        wait_until(lambda: len(engine.containers()) == 1)
        assert ask(stage.port) == "v1"
    engine.remove_containers()


def test_containers_of_another_installation_are_left_alone(engine: Engine, tmp_path: Path) -> None:
    with an_engine() as theirs, house(tmp_path / "theirs", theirs) as (gateway, _):
        other = Stage(theirs, gateway)
        other.rollout(theirs.image("v1"))
        with house(tmp_path / "ours", engine) as (ours, _):
            Stage(engine, ours).rollout(engine.image("v1"))
        assert ask(other.port) == "v1"
        assert other.status().replicas[0].restarts == 0
