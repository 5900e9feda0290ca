"""An engine's client for each module, and an app for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from docker import DockerClient

from tests.integration.image_app import App, app_in, engine, new_name, pushed_app
from worker.tools.docker_images import DockerImages


@pytest.fixture(scope="module")
def session() -> str:
    return new_name()


@pytest.fixture(scope="module")
def client(session: str) -> Iterator[DockerClient]:
    with engine(session) as client:
        yield client


@pytest.fixture
def app(client: DockerClient, session: str, tmp_path: Path) -> App:
    name = new_name()
    return app_in(tmp_path / "workspace", name, DockerImages(name, None, lambda: client), session)


@pytest.fixture
def pushed(client: DockerClient, session: str, tmp_path: Path) -> Iterator[App]:
    with pushed_app(tmp_path / "workspace", client, session) as app:
        yield app
