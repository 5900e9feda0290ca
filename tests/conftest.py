"""Which outside parts this machine has, and the fixtures every folder shares."""

import os
import shutil
import subprocess
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings
from redis import Redis
from redis.exceptions import ConnectionError as RedisConnectionError

from cli import embedded_redis
from pipeline.connection import impatient
from pipeline.deliveries import Deliveries
from pipeline.releases import Releases
from pipeline.store import Store
from tests.waiting import wait_until

# a machine that is busy is no reason for a test to fail
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")


def _engine() -> bool:
    return shutil.which("docker") is not None and subprocess.run(["docker", "info"], capture_output=True).returncode == 0


def _cluster() -> bool:
    return bool(os.environ.get("KUBECONFIG") and os.environ.get("TEST_REGISTRY")) and _engine()


def _browser() -> bool:
    return shutil.which("chromium") is not None


pytest_plugins = ["tests.log_watch"]

PARTS = {
    "engine": (_engine, "no Docker engine answers"),
    "cluster": (_cluster, "no cluster: KUBECONFIG and TEST_REGISTRY are not set"),
    "browser": (_browser, "no chromium on PATH"),
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what needs an absent part, unless PUSHRAIL_REQUIRE promises that part."""
    required = os.environ.get("PUSHRAIL_REQUIRE", "").split(",")
    wanted = {name for item in items for name in PARTS if item.get_closest_marker(name)}
    absent = {name for name in wanted if name not in required and not PARTS[name][0]()}
    for item in items:
        for name in absent:
            if item.get_closest_marker(name):
                item.add_marker(pytest.mark.skip(reason=PARTS[name][1]))


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a real server of this session's own, as ``pushrail up`` starts it."""
    command, url = embedded_redis.prepare(tmp_path_factory.mktemp("redis"))
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    wait_until(lambda: answers(url))
    yield url
    process.terminate()
    process.wait()


@pytest.fixture
def redis_url(redis_server: str) -> str:
    """The same server, emptied for this test."""
    Redis.from_url(redis_server).flushall()
    return redis_server


@pytest.fixture
def store(redis_url: str) -> Store:
    return Store(impatient(redis_url))


@pytest.fixture
def deliveries(store: Store) -> Deliveries:
    return Deliveries(store.redis, keep=10_000, days=30)


@pytest.fixture
def releases(store: Store) -> Releases:
    return Releases(store.redis)


def answers(url: str) -> bool:
    try:
        return bool(Redis.from_url(url).ping())
    except RedisConnectionError:
        return False
