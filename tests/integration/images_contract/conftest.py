"""An app on each engine."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.image_app import App, app_in, engine, new_name
from worker.tool import Images
from worker.tools.docker_images import DockerImages
from worker.tools.local_images import LocalImages


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("images")


@pytest.fixture(scope="module", params=[pytest.param("docker", marks=pytest.mark.engine), "local"])
def make(request: pytest.FixtureRequest, root: Path) -> Iterator[tuple[str, object]]:
    """The engine's session mark and its maker of Images by app name."""
    if request.param == "local":
        yield "local", lambda name: LocalImages(name, root, {})
        return
    session = new_name()
    with engine(session) as client:
        yield session, lambda name: DockerImages(name, None, lambda: client)


@pytest.fixture
def app(make: tuple[str, object], tmp_path: Path) -> App:
    session, images_of = make
    name = new_name()
    images: Images = images_of(name)  # type: ignore[operator]
    return app_in(tmp_path / "workspace", name, images, session)
