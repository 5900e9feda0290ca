"""Commands in containers of the Docker engine: what they may do, and that nothing is left of them."""

from dataclasses import replace

import docker
import pytest
from docker import DockerClient

from pipeline.errors import StepFailed
from tests.integration.image_app import LIMITS, App
from worker.tool import Command
from worker.tools.docker_images.files import LABEL

pytestmark = pytest.mark.engine


def test_command_has_no_rights_on_the_host(app: App) -> None:
    status = "[line.split()[1] for line in open('/proc/self/status') if line.startswith(('CapBnd', 'NoNewPrivs'))]"
    assert app.run(f"import os; print(os.getuid() != 0, *{status})") == ["True 0000000000000000 1"]


def test_command_has_no_network(app: App) -> None:
    assert app.run("import socket; print([name for _, name in socket.if_nameindex()])") == ["['lo']"]


def test_command_has_a_network_where_it_is_asked_for(app: App) -> None:
    said = app.run("import socket; print(len(socket.if_nameindex()) > 1)", limits=replace(LIMITS, network=True))
    assert said == ["True"]


def test_container_is_gone_after_success_and_failure(app: App, client: DockerClient) -> None:
    app.run("pass")
    with pytest.raises(StepFailed):
        app.run("1 / 0")
    assert not client.containers.list(all=True, filters={"label": f"{LABEL}={app.name}"})


def test_container_is_gone_when_the_log_refuses(app: App, client: DockerClient) -> None:
    def refuse(line: str) -> None:
        raise KeyboardInterrupt

    environment = app.environment()
    with pytest.raises(KeyboardInterrupt):
        app.images.run(environment, Command(["echo", "a"], LIMITS), app.workspace, refuse)
    assert not client.containers.list(all=True, filters={"label": f"{LABEL}={app.name}"})


def test_container_left_by_a_killed_worker_is_removed_by_the_next_run(app: App, client: DockerClient) -> None:
    left = client.containers.run("python:3.11-slim", ["sleep", "600"], labels={LABEL: app.name}, detach=True)
    others = client.containers.create("python:3.11-slim", labels={LABEL: f"{app.name}-2"})
    try:
        app.run("pass")
        with pytest.raises(docker.errors.NotFound):
            left.reload()
        others.reload()
    finally:
        others.remove()
