"""prune on the real engine: what goes, and everything beside it that must not."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import pytest
from docker import DockerClient
from docker.errors import ImageNotFound

from pipeline.model import Status, StepResult
from pipeline.release import Release
from tests.integration.image_app import App, app_in, engine, foreign, new_name
from tests.unit import steps
from tests.waiting import wait_until
from worker.steps.prune import prune
from worker.tools.docker_images import DockerImages

pytestmark = pytest.mark.engine


@dataclass
class House:
    """One engine with images of everyone, before and after one prune that keeps the newest named one."""

    client: DockerClient
    outputs: dict[str, str]
    images: dict[str, str]

    def has(self, name: str) -> bool:
        try:
            self.client.images.get(self.images[name])
        except ImageNotFound:
            return False
        return True


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    session, name = new_name(), new_name()
    with engine(session) as client:
        app = app_in(tmp_path_factory.mktemp("app"), name, DockerImages(name, None, lambda: client), session)
        images = furnished(app, client, session)
        holder = client.containers.create(images["held by a container"], labels={"io.pushrail.test": session})
        try:
            yield House(client, pruned(app, images), images)
        finally:
            holder.remove()


def furnished(app: App, client: DockerClient, session: str) -> dict[str, str]:
    images = {
        "foreign and dangling": foreign(client, session),
        "foreign and dangling, of another app": foreign(client, session, "io.pushrail.repository=another"),
        "foreign and tagged": foreign(client, session, tag=f"{new_name()}:1"),
    }
    dangling = ("dangling", "live", "held by a container", "this run's")
    for number, name in enumerate((*dangling, "old", "in use by the target", "old, and named by somebody else", "newest")):
        if name == "newest":
            wait_until(partial(next_second, time.time()))  # the engine tells the age of images in whole seconds
        app.write("model/weights.txt", f"{name}\n" * 10_000)
        images[name] = app.build(str(number))
        if name not in dangling:
            app.images.tag(images[name], f"git-{number:012x}", app.lines.append)
    client.api.tag(images["old, and named by somebody else"], new_name(), "1")
    wait_until(partial(next_second, time.time()))  # theirs are the newest of all
    images["built FROM one of ours, dangling"] = foreign(client, session, base=images["newest"])
    images["built FROM one of ours, tagged"] = foreign(client, session, base=images["newest"], tag=f"{new_name()}:1")
    return images


def next_second(before: float) -> bool:
    return int(time.time()) > int(before)


def pruned(app: App, images: dict[str, str]) -> dict[str, str]:
    in_use = f"{app.name}:git-{5:012x}"
    run = replace(steps.RUN, steps=(StepResult("build", Status.SUCCEEDED, 1.0, 2.0, {"image": images["this run's"]}),))
    live = Release(app.name, "r0", "c" * 40, "repository@sha256:live", images["live"], "", "", 1.0)
    context = steps.context(
        Path(),
        "prune",
        run=run,
        app=steps.app(image={"engine": "local", "keep": 1}),
        live=live,
        images=app.images,  # type: ignore[arg-type]
        target=steps.Script({"in_use": frozenset({in_use})}),
    )
    return dict(prune(context))


@pytest.mark.parametrize("name", ["dangling", "old"])
def test_what_nobody_needs_goes(house: House, name: str) -> None:
    assert not house.has(name)


@pytest.mark.parametrize(
    "name",
    [
        "foreign and dangling",
        "foreign and dangling, of another app",
        "foreign and tagged",
        "built FROM one of ours, dangling",
        "built FROM one of ours, tagged",
        "old, and named by somebody else",
        "live",
        "this run's",
        "in use by the target",
        "held by a container",
        "newest",
    ],
)
def test_what_somebody_needs_or_owns_stays(house: House, name: str) -> None:
    assert house.has(name)


def test_what_somebody_built_from_ours_takes_no_place_of_ours(house: House) -> None:
    assert house.client.images.get(house.images["newest"]).tags


def test_the_bytes_that_were_freed_are_reported(house: House) -> None:
    assert house.outputs["removed"] == "2"
    assert int(house.outputs["freed_bytes"]) >= len("dangling\n" * 10_000) + len("old\n" * 10_000)
