"""What the engine is told of a release, and by what a container is known again."""

from dataclasses import asdict, replace

import pytest

from pipeline.spec import DockerTarget
from worker.gateway.desired import ContainerRelease, Desired, parse
from worker.tools.docker_target import release
from worker.tools.docker_target.making import key

RELEASE = ContainerRelease("iris:1", 8000, variables={"COLOUR": "green"}, secrets=("TOKEN",), memory="1g")


def test_a_release_is_the_image_with_the_settings_of_the_target() -> None:
    place = DockerTarget(kind="docker", port=80, container_port=8000, env={"COLOUR": "green"}, secret_env=("TOKEN",), memory="1g")
    assert release(place, "iris:1") == RELEASE


def test_what_went_over_the_socket_is_the_same() -> None:
    desired = Desired("iris", 80, 2, RELEASE, "r1", 1, "0.0.0.0")
    assert parse(asdict(desired)) == desired


def test_a_container_is_known_by_all_that_it_was_made_from() -> None:
    assert key(RELEASE, {"TOKEN": "a"}) == key(replace(RELEASE, variables={"COLOUR": "green"}), {"TOKEN": "a"})


@pytest.mark.parametrize(
    "change",
    [{"image": "iris:2"}, {"port": 8001}, {"variables": {"COLOUR": "red"}}, {"memory": None}, {"cpus": 0.5}, {"network": "backend"}],
)
def test_every_setting_makes_another_container(change: dict[str, object]) -> None:
    assert key(replace(RELEASE, **change), {"TOKEN": "a"}) != key(RELEASE, {"TOKEN": "a"})  # type: ignore[arg-type]


def test_another_secret_makes_another_container() -> None:
    assert key(RELEASE, {"TOKEN": "b"}) != key(RELEASE, {"TOKEN": "a"})
