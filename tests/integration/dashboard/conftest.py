"""A stranger, a member, and a store with something to show."""

import time

import pytest
from flask.testing import FlaskClient

from hook_server import create_app
from pipeline.model import Run
from pipeline.run_log import RunLog
from pipeline.store import Store
from tests import realistic_runs
from tests.hook import log_in, settings


@pytest.fixture
def stranger(redis_url: str) -> FlaskClient:
    return create_app(settings(redis_url), realistic_runs.spec()).test_client()


@pytest.fixture
def member(stranger: FlaskClient) -> FlaskClient:
    assert log_in(stranger).status_code == 302
    return stranger


@pytest.fixture
def running(store: Store) -> Run:
    """A store with a plausible week in it; the run that is under way."""
    return realistic_runs.fill(store, RunLog(store.redis), time.time())
