"""The real server for every row: gunicorn in front, Redis behind, one for all of a module."""

from collections.abc import Iterator

import pytest
from redis import Redis

from tests.hook import SPEC_TEXT, settings
from tests.served import served
from tests.wire import Server


@pytest.fixture(scope="module")
def _running(redis_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with served(settings(redis_server), SPEC_TEXT, tmp_path_factory.mktemp("server")) as started:
        yield started


@pytest.fixture
def server(_running: Server, redis_url: str) -> Server:
    """The server, its Redis emptied for this test."""
    assert not Redis.from_url(redis_url).keys("*")
    return _running
