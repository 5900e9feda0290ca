"""The files an installation is made of name the same things."""

import re
from pathlib import Path

import pytest

from pipeline.spec import load

ROOT = Path(__file__).parents[2]
COMPOSE = (ROOT / "docker-compose.yml").read_text("utf-8")
ENV = dict(re.findall(r"(?m)^#?([A-Z][A-Z_]+)=(.*)$", (ROOT / ".env.example").read_text("utf-8")))


@pytest.mark.parametrize("name", sorted(set(re.findall(r"\$\{([A-Z_]+):\?", COMPOSE))))
def test_what_compose_cannot_do_without_is_in_the_example_and_empty(name: str) -> None:
    assert ENV.get(name) == ""


def test_the_secrets_that_the_reference_pipeline_names_are_in_the_example() -> None:
    assert {name for app in load(ROOT / "pipeline.yaml").apps.values() for name in app.source.secret_env} <= set(ENV)


def test_every_folder_of_the_package_reaches_the_image() -> None:
    found = re.search(r"include = \[(.*)\]", (ROOT / "pyproject.toml").read_text("utf-8"))
    assert found
    rooms = re.findall(r'"(\w+)\*"', found[1])
    ignored, copied = (ROOT / ".dockerignore").read_text("utf-8").splitlines(), (ROOT / "Dockerfile").read_text("utf-8")
    assert rooms
    assert [room for room in rooms if f"!{room}" not in ignored or f"COPY {room}/ {room}/" not in copied] == []
