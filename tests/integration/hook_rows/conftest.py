"""The real server for every row: gunicorn in front, Redis behind, one for all of a module."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.forges import SIGNING
from tests.hook import SPEC_TEXT, settings
from tests.integration.hook_rows import forge_apps
from tests.served import served
from tests.wire import Server


@pytest.fixture(scope="module")
def _running(redis_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with served(settings(redis_server), SPEC_TEXT, tmp_path_factory.mktemp("server")) as started:
        yield started


@pytest.fixture
def server(_running: Server, redis_url: str) -> Server:
    """The server, its Redis emptied for this test."""
    return _running


@pytest.fixture(scope="module")
def server_log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("forge_server") / "server.log"


@pytest.fixture(scope="module")
def _running_for_forges(redis_server: str, server_log: Path) -> Iterator[Server]:
    with served(settings(redis_server, SIGNING=SIGNING), forge_apps.SPEC_TEXT, server_log.parent, workers=1) as started:
        yield started


@pytest.fixture
def forge_server(_running_for_forges: Server, redis_url: str) -> Server:
    """A server for the apps of ``forge_apps``, its Redis emptied for this test."""
    return _running_for_forges
