from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from hook_server import create_app
from tests.hook import BEARER, settings, spec
from tests.integration.metrics.scrape import Scrape


@pytest.fixture
def client(redis_url: str) -> FlaskClient:
    return create_app(settings(redis_url), spec(), clock=lambda: 5000.0).test_client()


@pytest.fixture
def scrape(client: FlaskClient) -> Callable[[], Scrape]:
    return lambda: Scrape(client.get("/metrics", headers=BEARER).text)
