"""Whose an image is: what somebody builds FROM a release or names beside us is theirs, whatever labels it inherits."""

import io
from collections.abc import Callable

import pytest
from docker import DockerClient

from pipeline.errors import ToolError
from tests.integration.image_app import MARK, App, foreign, new_name
from worker.tools.docker_images import DockerImages
from worker.tools.docker_images.origin import own

pytestmark = pytest.mark.engine

Make = Callable[[DockerClient, str, str], str]


def released(app: App) -> str:
    built = app.build()
    app.images.tag(built, "git-1", app.lines.append)
    return built


def dangling(client: DockerClient, session: str, base: str) -> str:
    return foreign(client, session, base=base)


def tagged(client: DockerClient, session: str, base: str) -> str:
    return foreign(client, session, base=base, tag=f"{new_name()}/derived:1")


def labelled(client: DockerClient, session: str, base: str) -> str:
    """Nothing but labels of its own, the newest in our name space."""
    return str(client.images.build(fileobj=io.BytesIO(f"FROM {base}".encode()), labels={f"{MARK}.own": new_name()}, rm=True)[0].id)


def committed(client: DockerClient, session: str, base: str) -> str:
    container = client.containers.create(base, labels={MARK: session})
    try:
        return str(container.commit().id)
    finally:
        container.remove()


children = pytest.mark.parametrize("make", [dangling, tagged, labelled, committed])


@children
def test_what_somebody_made_of_ours_is_not_ours(app: App, client: DockerClient, session: str, make: Make) -> None:
    ours = released(app)
    theirs = make(client, session, ours)
    assert [stored.id for stored in app.images.stored()] == [ours]
    assert app.images.remove(theirs) == 0
    assert client.images.get(theirs)


@children
def test_what_somebody_made_of_ours_is_never_found(app: App, client: DockerClient, session: str, make: Make) -> None:
    ours = released(app)
    make(client, session, ours)
    found = app.images.find("io.pushrail.content", "1")
    assert found is not None
    assert found.id == ours


def test_app_of_the_same_name_in_another_repository_is_somebody_elses(app: App, client: DockerClient) -> None:
    ours, theirs = app.build(), DockerImages(app.name, "registry.example/team/app", lambda: client)
    built = theirs.build(app.workspace, {"io.pushrail.content": "1"}, app.lines.append)
    assert ([stored.id for stored in app.images.stored()], [stored.id for stored in theirs.stored()]) == ([ours], [built.id])
    assert app.images.remove(built.id) == 0


def test_command_of_an_app_of_the_same_name_in_another_repository_goes_on(app: App, client: DockerClient, session: str) -> None:
    theirs = client.containers.create(
        "python:3.11-slim", ["sleep", "60"], labels={"io.pushrail.run": "registry.example/team/app", MARK: session}
    )
    app.run("print(1)")
    assert client.containers.get(str(theirs.id))


def test_nameless_image_that_somebody_built_on_is_built_again_to_itself(app: App, client: DockerClient, session: str) -> None:
    ours = app.build()
    dangling(client, session, ours)
    assert app.build() == ours


def test_image_somebody_else_named_too_loses_our_names_only(app: App, client: DockerClient) -> None:
    ours, theirs = released(app), f"{new_name()}/else:1"
    client.api.tag(ours, *theirs.split(":"))
    assert app.images.remove(ours) == 0
    assert client.images.get(ours).tags == [theirs]


@pytest.mark.cluster
def test_pushed_image_somebody_else_named_too_loses_our_names_only(pushed: App, client: DockerClient) -> None:
    ours = released(pushed)
    client.api.tag(ours, pushed.name, "git-1")
    assert pushed.images.remove(ours) == 0
    left = client.images.get(ours)
    assert (left.tags, left.attrs["RepoDigests"]) == ([f"{pushed.name}:git-1"], [])


@pytest.mark.cluster
def test_image_that_came_back_from_the_registry_is_ours(pushed: App, client: DockerClient) -> None:
    built = pushed.build()
    reference = pushed.images.tag(built, "git-1", pushed.lines.append)
    pushed.images.remove(built)
    assert not pushed.images.stored()
    client.images.pull(reference)
    found = pushed.images.find("io.pushrail.content", "1")
    assert found is not None
    assert (found.id, found.tags) == (built, (reference,))
    pushed.images.remove(built)
    assert not pushed.images.stored()


@pytest.mark.cluster
def test_what_somebody_built_from_ours_and_pushed_is_other_content(pushed: App, client: DockerClient, session: str) -> None:
    ours = released(pushed)
    repository = pushed.images.stored()[0].tags[0].rpartition(":")[0]
    theirs = client.images.get(foreign(client, session, base=ours))
    theirs.tag(repository, "git-2")
    client.images.push(repository, "git-2")
    with pytest.raises(ToolError, match="a tag is never moved"):
        pushed.images.tag(ours, "git-2", pushed.lines.append)


@children
def test_what_stands_on_an_environment_is_never_the_environment(app: App, client: DockerClient, session: str, make: Make) -> None:
    name = app.environment()
    environment = client.images.get(name).id
    app.build()
    make(client, session, name)
    client.api.remove_image(name)
    assert client.images.get(app.environment()).id == environment


def test_environment_that_stands_on_a_release_is_no_release(app: App, client: DockerClient) -> None:
    ours = released(app)
    text = (app.workspace / "Dockerfile").read_text()
    app.write("Dockerfile", text.replace("python:3.11-slim", f"{app.name}:git-1"))
    environment = client.images.get(app.environment())
    assert environment.labels["io.pushrail.repository"] == app.name
    assert [stored.id for stored in app.images.stored()] == [ours]
    assert app.images.remove(str(environment.id)) == 0
    assert environment.tags


@pytest.mark.parametrize(
    ("name", "repository", "ours"),
    [
        ("iris:git-1", "iris", True),
        ("iris:5000/other:1", "iris", False),
        ("host:5000/iris:git-1", "host:5000/iris", True),
        ("host:5000/iris@sha256:1", "host:5000/iris", True),
        ("host:5000/iris-2:git-1", "host:5000/iris", False),
        ("somebody/iris:git-1", "iris", False),
        ("me/iris@sha256:1", "docker.io/me/iris", True),
        ("docker.io/library/iris:git-1", "iris", True),
    ],
)
def test_name_is_ours_when_its_repository_is(name: str, repository: str, ours: bool) -> None:
    assert own([name], repository) == ((name,) if ours else ())
