"""What the Docker engine adds to the contract of images: layers, and other people's images."""

import os
from pathlib import Path

import pytest
from docker import DockerClient

from pipeline.errors import StepFailed, ToolError
from tests.integration.image_app import MARK, App, foreign
from worker.tools.docker_images.engine import connect

pytestmark = pytest.mark.engine


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


def test_engine_that_does_not_answer_may_be_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:1")
    with pytest.raises(ToolError, match="DOCKER_HOST") as caught:
        connect()
    assert caught.value.transient
