"""GitHub, and a keeper that tells it of the app ``iris``."""

from collections.abc import Iterator

import pytest

from pipeline.store import Store
from tests.integration.reporting import github_server
from tests.integration.reporting.github_server import GitHub
from tests.integration.reporting.teller import Teller, app


@pytest.fixture
def github() -> Iterator[GitHub]:
    with github_server.github() as served:
        yield served


@pytest.fixture
def teller(store: Store, github: GitHub) -> Teller:
    return Teller(store, app(github.address))
