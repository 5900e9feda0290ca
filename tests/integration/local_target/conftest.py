"""A gateway for every test that asks for a stage."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.gateway_process import any_port, gateway_process
from tests.integration.local_target.stage import Stage


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with gateway_process(tmp_path) as (gateway, _):
        yield Stage(tmp_path, gateway, any_port())
