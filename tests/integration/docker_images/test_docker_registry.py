"""Images of the Docker engine in a registry."""

import os
from pathlib import Path

import pytest
import requests
from docker import DockerClient

from pipeline.errors import StepFailed, ToolError
from tests.integration.image_app import App
from worker.tools.docker_images import DockerImages
from worker.tools.docker_images.engine import engine_errors
from worker.tools.docker_images.push import _followed

pytestmark = pytest.mark.engine


@pytest.mark.cluster
def test_reference_is_by_the_registrys_digest(pushed: App, client: DockerClient) -> None:
    reference = pushed.images.tag(pushed.build(), "git-1", pushed.lines.append)
    repository = f"{os.environ['TEST_REGISTRY']}/{pushed.name}"
    assert reference == f"{repository}@{client.images.get_registry_data(f'{repository}:git-1').id}"
    assert reference in pushed.images.stored()[0].tags


@pytest.mark.cluster
def test_model_is_read_back_from_a_reference_that_is_not_here(pushed: App, tmp_path: Path) -> None:
    built = pushed.build()
    reference = pushed.images.tag(built, "git-1", pushed.lines.append)
    pushed.images.remove(built)
    assert not pushed.images.stored()
    pushed.images.extract(reference, "model", tmp_path / "out")
    assert (tmp_path / "out/weights.txt").read_text() == "1 2 3\n"


@pytest.mark.cluster
def test_an_image_is_there_as_long_as_its_registry_has_it(pushed: App) -> None:
    built = pushed.build()
    reference = pushed.images.tag(built, "git-1", pushed.lines.append)
    pushed.images.remove(built)
    assert pushed.images.has(reference)
    repository, _, digest = reference.partition("@")
    host, _, name = repository.partition("/")
    requests.delete(f"http://{host}/v2/{name}/manifests/{digest}", timeout=10).raise_for_status()
    assert not pushed.images.has(reference)


@pytest.mark.cluster
def test_pushed_tag_is_never_moved_to_other_content(pushed: App) -> None:
    pushed.images.tag(pushed.build("1"), "git-1", pushed.lines.append)
    pushed.write("model/weights.txt", "other")
    other = pushed.build("2")
    with pytest.raises(ToolError, match="a tag is never moved"):
        pushed.images.tag(other, "git-1", pushed.lines.append)


@pytest.mark.cluster
def test_same_content_that_another_worker_pushed_is_taken(pushed: App, session: str) -> None:
    first = pushed.images.tag(pushed.build(), "git-1", pushed.lines.append)
    pushed.write("server.py", "print('another build of what has the same content label')\n")
    assert pushed.images.tag(pushed.build(), "git-1", pushed.lines.append) == first


@pytest.mark.cluster
def test_base_image_that_its_registry_lacks_is_the_apps_fault(pushed: App) -> None:
    pushed.write("Dockerfile", f"FROM {os.environ['TEST_REGISTRY']}/no-such:1 AS environment\n")
    with pytest.raises(StepFailed, match="no-such:1"):
        pushed.environment()


def test_registry_that_does_not_answer_may_be_tried_again(app: App, client: DockerClient) -> None:
    images = DockerImages(app.name, "127.0.0.1:1/nothing", lambda: client)
    with pytest.raises(ToolError, match="registry") as caught:
        images.tag(app.build(), "git-1", app.lines.append)
    assert caught.value.transient


def test_error_in_the_stream_of_a_push_is_an_error(client: DockerClient) -> None:
    with pytest.raises(ToolError, match="does not exist"), engine_errors():
        _followed(client.images.push("127.0.0.1:1/nothing", tag="none", stream=True, decode=True), print)
