"""Which programs an installation is made of, and what goes on without them."""

from pathlib import Path

import pytest

from cli import programs
from pipeline.settings import Settings
from pipeline.spec import parse
from tests.unit.spec_file import CLUSTER, LOCAL, app, file

DOCKER = "{kind: docker, port: 9000}"


def text(target: str) -> str:
    return file(app(image="{engine: local}" if target == LOCAL else "{engine: docker}", target=target))


@pytest.mark.parametrize(("target", "needed"), [(CLUSTER, False), (LOCAL, True), (DOCKER, True)])
def test_there_is_a_gateway_when_an_app_lives_on_this_machine(target: str, needed: bool) -> None:
    settings = Settings(Path("pipeline.yaml"), Path("data"), "redis://127.0.0.1/0", {})
    assert [program.name for program in programs.gateway(settings, parse(text(target)))] == ["gateway"] * needed


@pytest.mark.parametrize("target", [CLUSTER, LOCAL])
def test_nothing_goes_on_where_there_are_no_containers_of_ours(target: str) -> None:
    assert programs.outliving(parse(text(target))) == ""


def test_containers_that_go_on_are_told() -> None:
    assert programs.outliving(parse(text(DOCKER))) == "; containers of iris go on, for the next `pushrail up` to take on"
