"""A gateway that runs nothing yet, and a port for an app."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.gateway_process import any_port, gateway_process
from worker.gateway.client import Gateway


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[Gateway]:
    with gateway_process(tmp_path) as (gateway, _):
        yield gateway


@pytest.fixture
def port() -> int:
    return any_port()
