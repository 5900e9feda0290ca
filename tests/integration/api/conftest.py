"""Someone with a token, and the logs there are to read."""

import pytest
from flask.testing import FlaskClient

from hook_server import create_app
from pipeline.run_log import RunLog
from pipeline.store import Store
from tests.hook import BEARER, settings, spec


@pytest.fixture
def client(redis_url: str) -> FlaskClient:
    client = create_app(settings(redis_url), spec()).test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = BEARER["Authorization"]
    return client


@pytest.fixture
def log(store: Store) -> RunLog:
    return RunLog(store.redis)
