"""What ``target.kind: docker`` may say, and what is said of the rest."""

import pytest

from pipeline.spec import DockerTarget, parse
from tests.unit.spec_file import app, file, problems


def docker(more: str = "", image: str = "{engine: docker}") -> str:
    return file(app(image=image, target=f"{{kind: docker, port: 9000, {more}}}"))


def target(text: str) -> DockerTarget:
    found = parse(text).apps["iris"].target
    assert isinstance(found, DockerTarget)
    return found


def test_a_port_is_enough() -> None:
    found = target(docker())
    assert (found.address, found.replicas, found.container_port, found.readiness) == ("0.0.0.0", 2, 8080, "/readyz")


def test_secrets_are_named_one_or_several() -> None:
    assert target(docker("secret_env: TOKEN")).secret_env == ("TOKEN",)
    assert target(docker("secret_env: [TOKEN, KEY]")).secret_env == ("TOKEN", "KEY")


def test_the_secrets_of_an_app_are_its_token_and_those_of_its_containers() -> None:
    source = "{url: 'https://x.com/a/b', secret_env: S, token_env: GIT}"
    text = file(app(source=source, image="{engine: docker}", target="{kind: docker, port: 9000, secret_env: [KEY]}"))
    assert parse(text).apps["iris"].secret_names == ("GIT", "KEY")


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("address: localhost", "address: must be an IP address of this machine, such as 127.0.0.1; 0.0.0.0 is all of them"),
        ("memory: 1GB", "memory: must be a whole number and m or g, such as 512m or 4g"),
        ("cpus: 0.0", "cpus: must be more than 0"),
        ("readiness: healthz", "readiness: must be a path, such as /readyz"),
        ("env: {WORKERS: 2}", "env.WORKERS: must be text, not the number 2; put it in quotes"),
        ("env: {a-b: x}", "env.a-b: is no name of an environment variable"),
        ("volumes: {features: /features}", "volumes.features: must be an absolute path, such as /srv/features"),
        ("network: 'container:db'", "network: is no name of a network of the engine"),
        ("privileged: true", "privileged: unknown key; the nearest valid one is 'volumes'"),
    ],
)
def test_what_is_wrong_is_said_with_its_key(more: str, said: str) -> None:
    assert problems(docker(more)) == (f"apps.iris.target.{said}",)


def test_folders_cannot_be_run_as_containers() -> None:
    said = "apps.iris.image.engine: local makes folders, which only target.kind local can run; use docker"
    assert problems(docker(image="{engine: local}")) == (said,)


def test_two_apps_cannot_have_one_port() -> None:
    two = file(app(image="{engine: docker}", target="{kind: docker, port: 9000}"), app(name="rose"))
    assert problems(two) == ("apps.rose.target: is where iris is released already",)
