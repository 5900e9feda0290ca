"""The machine's engine and one gateway for all tests that only look at apps of their own."""

from collections.abc import Iterator

import pytest

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
def stage(engine: Engine, gateway: Gateway) -> Stage:
    return Stage(engine, gateway)
