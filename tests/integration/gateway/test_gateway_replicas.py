"""The replicas of a gateway: what they are given, and what becomes of those that end, fail or sicken."""

import http.client
import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests.integration.gateway_process import alive, ask, desired, gateway_process, release, until_complete
from tests.waiting import wait_until
from worker.gateway.client import Gateway
from worker.gateway.status import State


def test_a_replica_gets_what_its_image_sets_and_nothing_of_the_service(port: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IRIS_WEBHOOK_SECRET", "do not tell")
    with gateway_process(tmp_path) as (gateway, _):
        gateway.apply(desired(release(tmp_path, "v1"), port))
        environment = json.loads(ask(port, "/environment"))
    assert environment["WORKERS"] == "2"
    assert set(environment) - {"LC_CTYPE"} == {
        "WORKERS", "PATH", "PORT", "LANG", "HOME", "TMPDIR", "XDG_RUNTIME_DIR", "PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE",
    }  # fmt: skip


def test_a_replica_that_ends_is_started_again(gateway: Gateway, port: int, tmp_path: Path) -> None:
    gateway.apply(desired(release(tmp_path, "v1"), port, replicas=1))
    until_complete(gateway, "tiny:v1")
    with pytest.raises(http.client.RemoteDisconnected):
        ask(port, "/exit?7")
    again = next(status for status in gateway.watch("tiny", 10) if status.complete and status.replicas[0].restarts == 1)
    assert again.replicas[0].exit_code == 7
    assert ask(port) == "v1"


def test_a_replica_that_keeps_ending_is_failed_and_waits(gateway: Gateway, port: int, tmp_path: Path) -> None:
    gateway.apply(desired(release(tmp_path, "bad", crash=True), port, replicas=1))
    failed = next(status.replicas[0] for status in gateway.watch("tiny", 10) if status.replicas[0].state is State.FAILED)
    assert (failed.exit_code, failed.restarts, failed.reason) == (1, 1, "exited with code 1")
    assert "no model here" in Path(failed.log).read_text()


def test_a_program_that_is_not_there_is_said(gateway: Gateway, port: int, tmp_path: Path) -> None:
    good = release(tmp_path, "v1")
    gateway.apply(desired(replace(good, command=("no-such-server",)), port, replicas=1))
    failed = next(status.replicas[0] for status in gateway.watch("tiny", 10) if status.replicas[0].state is State.FAILED)
    assert "cannot be started" in failed.reason
    assert "no-such-server" in failed.reason


def test_a_replica_that_is_no_longer_ready_gets_no_connections(gateway: Gateway, port: int, tmp_path: Path) -> None:
    gateway.apply(desired(release(tmp_path, "v1"), port))
    until_complete(gateway, "tiny:v1")
    ask(port, "/sicken")
    sick = next(status for status in gateway.watch("tiny", 10) if not status.complete)
    assert [replica.reason for replica in sick.replicas if replica.state is State.UNREADY] == [
        "/readyz answers 503: the model is being loaded"
    ]
    assert len({ask(port, "/process") for _ in range(6)}) == 1


def test_children_of_a_replica_end_with_it(gateway: Gateway, port: int, tmp_path: Path) -> None:
    gateway.apply(desired(release(tmp_path, "v1"), port, replicas=1))
    child = int(ask(port, "/child"))
    gateway.apply(desired(release(tmp_path, "v2"), port, replicas=1))
    wait_until(lambda: not alive(child))
