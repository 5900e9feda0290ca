"""The API while Redis is away."""

from collections.abc import Iterator

import pytest
from flask import Flask

from hook_server import create_app
from tests.hook import BEARER, settings, spec

VALUES = {"run_id": "r1", "name": "iris", "delivery_id": "1-1", "token_id": "0123456789"}
WISHES = {
    "releases.roll_back": {"reason": "slow"},
    "tokens.make_token": {"name": "jenkins", "scope": "read", "expires": "1h"},
}


@pytest.fixture
def app() -> Flask:
    return create_app(settings("redis://127.0.0.1:1/0"), spec())


def operations(app: Flask) -> Iterator[tuple[str, str, str]]:
    """The endpoint, method and path of each operation."""
    routes = app.url_map.bind("localhost")
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith("/api/"):
            path = routes.build(rule.endpoint, {name: VALUES[name] for name in rule.arguments})
            yield from ((rule.endpoint, method, path) for method in (rule.methods or set()) - {"HEAD", "OPTIONS"})


def test_every_operation_says_that_nothing_was_done_and_when_to_ask_again(app: Flask) -> None:
    found = list(operations(app))
    assert len(found) > 10
    for endpoint, method, path in found:
        answer = app.test_client().open(path, method=method, headers=BEARER, json=WISHES.get(endpoint) if method != "GET" else None)
        told = (answer.status_code, answer.content_type, answer.headers.get("Retry-After"))
        assert told == (503, "application/problem+json", "5"), (endpoint, answer.text)
