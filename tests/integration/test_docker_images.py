"""What the Docker engine adds to the contract: isolation, layers, other people's images, the registry."""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import docker
import pytest
import requests
from docker import DockerClient

from pipeline.errors import StepFailed, ToolError
from tests.integration.image_app import LIMITS, MARK, App, app_in, engine, foreign, new_name, pushed_app
from worker.tools.docker_images import DockerImages
from worker.tools.docker_images.engine import connect, engine_errors
from worker.tools.docker_images.files import LABEL
from worker.tools.docker_images.push import _followed

pytestmark = pytest.mark.engine


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


def layers(client: DockerClient, image: str) -> list[str]:
    return list(client.images.get(image).attrs["RootFS"]["Layers"])


def test_images_of_others_are_never_stored(app: App, client: DockerClient, session: str) -> None:
    foreign(client, session)
    foreign(client, session, "com.example.app=other")
    foreign(client, session, "io.pushrail.repository=other")
    foreign(client, session, tag=f"{app.name}:latest")
    built = app.build()
    assert [stored.id for stored in app.images.stored()] == [built]


def test_images_of_others_are_never_removed(app: App, client: DockerClient, session: str) -> None:
    others = foreign(client, session, "io.pushrail.repository=other")
    assert app.images.remove(others) == 0
    assert client.images.get(others)


def test_environment_is_no_release_and_outlives_them(app: App, client: DockerClient) -> None:
    environment = app.environment()
    built = app.build()
    assert [stored.id for stored in app.images.stored()] == [built]
    app.images.remove(built)
    assert client.images.get(environment).tags == [environment]


def test_image_stands_on_the_environment_that_trained(app: App, client: DockerClient) -> None:
    below = layers(client, app.environment())
    assert layers(client, app.build())[: len(below)] == below


def test_new_model_moves_only_its_own_layer(app: App, client: DockerClient) -> None:
    first = layers(client, app.build())
    app.write("model/weights.txt", "other")
    second = layers(client, app.build("2"))
    assert [mine == theirs for mine, theirs in zip(first, second, strict=True)] == [True] * (len(first) - 1) + [False]


def test_times_and_modes_of_the_workspace_do_not_count(app: App) -> None:
    first = app.build()
    for path in app.workspace.rglob("*"):
        path.chmod(path.stat().st_mode | 0o020)
        os.utime(path, (1, 1))
    assert app.build() == first


def test_dockerignore_is_honoured(app: App, tmp_path: Path) -> None:
    app.write(".dockerignore", "# no drafts\nmodel/draft*\n")
    app.write("model/draft.txt", "draft")
    app.images.extract(app.build(), "model", tmp_path / "out")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["weights.txt"]


def test_dockerfile_without_stages_is_built_whole(app: App, session: str, tmp_path: Path) -> None:
    app.write("Dockerfile", f"FROM python:3.11-slim\nLABEL {MARK}={session}\nWORKDIR /srv\nCOPY model model\n")
    app.images.extract(app.build(), "model", tmp_path / "out")
    assert (tmp_path / "out/weights.txt").exists()


def test_failed_build_says_which_instruction(app: App) -> None:
    app.write("Dockerfile", (app.workspace / "Dockerfile").read_text().replace("RUN true", "RUN echo why && exit 4"))
    with pytest.raises(StepFailed, match=r"(?s)failed at `RUN echo why && exit 4`.*why"):
        app.environment()


def test_dockerfile_that_cannot_be_read_is_the_apps_fault(app: App) -> None:
    app.write("Dockerfile", "FROM python:3.11-slim\nNONSENSE\n")
    with pytest.raises(StepFailed, match="NONSENSE"):
        app.build()


def test_build_is_logged_as_it_goes(app: App) -> None:
    app.build()
    assert any("COPY model/ model/" in line for line in app.lines)


def test_removing_frees_what_no_other_image_holds(app: App) -> None:
    app.write("server.py", f"print({app.name!r})")
    built = []
    for number in range(2):
        app.write("model/weights.txt", os.urandom(50_000).hex())
        built.append(app.build(str(number)))
    assert app.images.remove(built[0]) == 100_000
    assert app.images.remove(built[1]) > 100_000


def test_image_of_a_container_that_never_ran_stays_with_its_tags(app: App, client: DockerClient) -> None:
    built = app.build()
    app.images.tag(built, "git-1", app.lines.append)
    app.images.tag(built, "git-2", app.lines.append)
    holder = client.containers.create(built)
    try:
        assert app.images.remove(built) == 0
        assert set(app.images.stored()[0].tags) == {f"{app.name}:git-1", f"{app.name}:git-2"}
    finally:
        holder.remove()


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
        app.images.run(environment, ["echo", "a"], app.workspace, variables={}, collect=[], limits=LIMITS, log=refuse)
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


def test_engine_that_does_not_answer_may_be_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:1")
    with pytest.raises(ToolError, match="DOCKER_HOST") as caught:
        connect()
    assert caught.value.transient


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
