"""``/livez`` and ``/readyz`` from the outside: a server is ready when a push would be safe."""

from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient

from hook_server import create_app
from pipeline.store import Store
from tests.hook import settings, spec


@pytest.fixture
def client(redis_url: str) -> FlaskClient:
    return create_app(settings(redis_url), spec()).test_client()


def test_a_live_process_says_so_even_without_redis() -> None:
    assert create_app(settings("redis://127.0.0.1:1/0"), spec()).test_client().get("/livez").status_code == 200


def test_a_server_whose_redis_is_well_set_up_is_ready(client: FlaskClient) -> None:
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json) == (200, {"status": "ready", "checks": {"redis": ["ok"], "secrets": ["ok"]}})


def test_a_server_whose_redis_may_throw_runs_away_is_not_ready(client: FlaskClient, store: Store) -> None:
    store.redis.config_set("maxmemory-policy", "allkeys-lru")
    try:
        answer = client.get("/readyz")
    finally:
        store.redis.config_set("maxmemory-policy", "noeviction")
    assert answer.status_code == 503
    assert "allkeys-lru" in answer.json["checks"]["redis"][0]


def test_a_server_without_redis_is_not_ready() -> None:
    answer = create_app(settings("redis://127.0.0.1:1/0"), spec()).test_client().get("/readyz")
    assert answer.status_code == 503
    assert "does not serve" in answer.json["checks"]["redis"][0]


@pytest.mark.parametrize(("name", "value", "usual"), [("maxmemory", "1", "0"), ("min-replicas-to-write", "1", "0")])
def test_a_server_whose_redis_refuses_writes_is_not_ready(client: FlaskClient, store: Store, name: str, value: str, usual: str) -> None:
    store.redis.config_set(name, value)
    try:
        answer = client.get("/readyz")
    finally:
        store.redis.config_set(name, usual)
    assert answer.status_code == 503
    assert "does not serve" in answer.json["checks"]["redis"][0]


def test_being_asked_leaves_nothing_behind_for_long(client: FlaskClient, store: Store) -> None:
    client.get("/readyz")
    assert all(0 < store.redis.ttl(key) <= 60 for key in store.redis.keys("*"))


@pytest.fixture
def managed(redis_url: str, store: Store) -> Iterator[str]:
    """The URL of a user who may do everything but CONFIG."""
    store.redis.execute_command("ACL", "SETUSER", "tenant", "reset", "on", ">word", "~*", "&*", "+@all", "-config")
    yield "redis://tenant:word@" + redis_url.rpartition("@")[2]
    store.redis.execute_command("ACL", "DELUSER", "tenant")


def test_a_redis_that_does_not_tell_how_it_is_set_up_is_ready_and_the_doubt_is_told(managed: str) -> None:
    answer = create_app(settings(managed), spec()).test_client().get("/readyz")
    assert (answer.status_code, answer.json["status"]) == (200, "ready")
    assert "appendonly and maxmemory-policy cannot be checked" in answer.json["checks"]["redis"][0]
