"""The machine's engine and one gateway for all tests that only look at apps of their own."""

from collections.abc import Iterator

import pytest

from pipeline.model import Run, Trigger
from tests.integration.docker_target.stage import Engine, Stage, house
from tests.integration.docker_target.stage import engine as an_engine
from worker.gateway.client import Gateway


@pytest.fixture(scope="package")
def engine() -> Iterator[Engine]:
    with an_engine() as found:
        yield found


@pytest.fixture(scope="package")
def gateway(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FEATURE_STORE_TOKEN", "do-not-tell-anyone")
        with house(tmp_path_factory.mktemp("gateway"), engine) as (gateway, _):
            yield gateway


@pytest.fixture
def stage(engine: Engine, gateway: Gateway) -> Iterator[Stage]:
    """An app of this test's own, stopped in the end."""
    made = Stage(engine, gateway)
    yield made
    if status := gateway.status(made.app):
        made.target.retire(Run(status.run, made.app, Trigger.PUSH, "", fence=status.fence), print, stop=True)
