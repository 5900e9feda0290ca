"""The gateway as a process: what it owns, who may ask it, and what survives whose death."""

import json
import signal
import socket
import stat
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import pytest

from pipeline.errors import Fenced, ToolError
from tests.integration.gateway_process import alive, any_port, ask, desired, gateway_process, release, until_complete
from tests.waiting import wait_until
from worker.gateway.client import Gateway
from worker.gateway.desired import ContainerRelease, Desired
from worker.gateway.status import AppStatus


def _status(gateway: Gateway) -> AppStatus:
    status = gateway.status("tiny")
    assert status
    return status


def test_an_app_is_unknown_until_something_is_applied(gateway: Gateway) -> None:
    assert gateway.status("tiny") is None


def test_a_first_release_serves_on_the_port_of_its_app(gateway: Gateway, port: int, tmp_path: Path) -> None:
    assert gateway.apply(desired(release(tmp_path, "v1"), port)) is True
    until_complete(gateway, "tiny:v1")
    assert ask(port) == "v1"


def test_clients_of_an_app_that_starts_wait_for_it(gateway: Gateway, port: int, tmp_path: Path) -> None:
    gateway.apply(desired(release(tmp_path, "v1", ready_after=0.5), port))
    assert ask(port) == "v1"


def test_connections_are_shared_among_replicas(gateway: Gateway, port: int, tmp_path: Path) -> None:
    gateway.apply(desired(release(tmp_path, "v1"), port))
    until_complete(gateway, "tiny:v1")
    assert len({ask(port, "/process") for _ in range(10)}) == 2


def test_the_same_image_again_changes_nothing(gateway: Gateway, port: int, tmp_path: Path) -> None:
    gateway.apply(desired(release(tmp_path, "v1"), port))
    before = until_complete(gateway, "tiny:v1")
    assert gateway.apply(desired(release(tmp_path, "v1"), port, fence=2)) is False
    after = _status(gateway)
    assert (after.replicas, after.generation, after.fence) == (before.replicas, before.generation, 2)


def test_a_lower_fence_is_refused(gateway: Gateway, port: int, tmp_path: Path) -> None:
    gateway.apply(desired(release(tmp_path, "v2"), port, fence=2))
    with pytest.raises(Fenced, match="fence 1"):
        gateway.apply(desired(release(tmp_path, "v1"), port, fence=1))
    assert _status(gateway).image == "tiny:v2"


def test_a_port_that_another_program_has_is_named(gateway: Gateway, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        with pytest.raises(ToolError, match=f"port {taken} of 127.0.0.1 cannot be used .* target.port"):
            gateway.apply(desired(release(tmp_path, "v1"), taken))
    assert gateway.status("tiny") is None


def test_a_gateway_that_was_not_made_for_containers_says_what_to_do(gateway: Gateway, port: int) -> None:
    with pytest.raises(ToolError, match=r"before an app had the target\.kind of tiny; start `pushrail up` again"):
        gateway.apply(Desired("tiny", port, 1, ContainerRelease("tiny:1", 8080), "run-1", 1))
    assert gateway.status("tiny") is None


def test_what_is_not_understood_is_answered_with_a_reason(gateway: Gateway) -> None:
    with pytest.raises(ToolError, match="not understood"):
        gateway._ask({"verb": "dance"})


def test_one_app_does_not_touch_another(gateway: Gateway, port: int, tmp_path: Path) -> None:
    gateway.apply(desired(release(tmp_path, "bad", crash=True), port, app="bad"))
    gateway.apply(desired(release(tmp_path, "v1"), other := any_port()))
    until_complete(gateway, "tiny:v1")
    assert ask(other) == "v1"


def test_a_killed_gateway_takes_replicas_and_their_children_along(port: int, tmp_path: Path) -> None:
    with gateway_process(tmp_path) as (gateway, process):
        gateway.apply(desired(release(tmp_path, "v1"), port, replicas=1))
        pids = int(ask(port, "/child")), int(ask(port, "/process"))
        assert all(alive(pid) for pid in pids)
        process.kill()
        wait_until(lambda: not any(alive(pid) for pid in pids))


def test_a_terminated_gateway_ends_its_replicas_and_says_zero(port: int, tmp_path: Path) -> None:
    with gateway_process(tmp_path) as (gateway, process):
        gateway.apply(desired(release(tmp_path, "v1"), port))
        until_complete(gateway, "tiny:v1")
        pids = [int(replica.name) for replica in _status(gateway).replicas if replica.name]
        process.send_signal(signal.SIGTERM)
        assert process.wait(5) == 0
    assert not any(alive(pid) for pid in pids)
    assert not (tmp_path / "gateway.sock").exists()


def test_a_replica_that_ignores_sigterm_does_not_keep_the_gateway(port: int, tmp_path: Path) -> None:
    with gateway_process(tmp_path) as (gateway, process):
        gateway.apply(desired(release(tmp_path, "v1", deaf=True), port, replicas=1))
        pid = int(until_complete(gateway, "tiny:v1").replicas[0].name or 0)
        assert alive(pid)
        process.send_signal(signal.SIGTERM)
        assert process.wait(5) == 0
    assert not alive(pid)


def test_a_gateway_brings_back_what_it_is_given(port: int, tmp_path: Path) -> None:
    live = json.dumps(asdict(desired(release(tmp_path, "v1"), port, fence=7)))
    with gateway_process(tmp_path, live) as (gateway, _):
        assert until_complete(gateway, "tiny:v1").fence == 7


def test_a_taken_port_does_not_keep_the_others_from_coming_back(port: int, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        bad = desired(release(tmp_path, "v1"), other.getsockname()[1], app="other")
        good = desired(release(tmp_path, "v1"), port)
        with gateway_process(tmp_path, json.dumps(asdict(bad)), json.dumps(asdict(good))) as (gateway, _):
            until_complete(gateway, "tiny:v1")


def test_the_socket_is_its_owners_alone(gateway: Gateway, tmp_path: Path) -> None:
    assert stat.S_IMODE((tmp_path / "gateway.sock").stat().st_mode) == 0o600


def test_a_data_folder_as_deep_as_you_like(tmp_path: Path) -> None:
    deep = tmp_path / ("deep" * 20) / ("deeper" * 20)
    deep.mkdir(parents=True)
    with gateway_process(deep) as (gateway, _):
        gateway.ping()


def test_a_second_gateway_on_the_same_socket_gives_up(gateway: Gateway, tmp_path: Path) -> None:
    code = "import sys; from pathlib import Path; from worker.gateway.serve import serve; serve(Path(sys.argv[1]), Path(sys.argv[2]))"
    second = subprocess.run(
        [sys.executable, "-c", code, tmp_path / "gateway.sock", tmp_path / "logs"], capture_output=True, text=True, check=False
    )
    assert "another gateway listens" in second.stderr
    gateway.ping()


def test_a_watcher_that_is_killed_disturbs_nobody(gateway: Gateway, port: int, tmp_path: Path) -> None:
    gateway.apply(desired(release(tmp_path, "v1"), port))
    code = "import sys; from pathlib import Path; from worker.gateway.client import Gateway\n"
    code += "for status in Gateway(Path(sys.argv[1])).watch('tiny', 60): print(status, flush=True)"
    with subprocess.Popen([sys.executable, "-c", code, tmp_path / "gateway.sock"], stdout=subprocess.PIPE) as watcher:
        assert watcher.stdout
        watcher.stdout.readline()
        watcher.kill()
    gateway.apply(desired(release(tmp_path, "v2"), port))
    until_complete(gateway, "tiny:v2")
