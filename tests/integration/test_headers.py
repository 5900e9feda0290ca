"""Security headers: on every answer of every route, good or bad, of the app and of its static files."""

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from hook_server import create_app
from hook_server.error_pages import shown
from hook_server.headers import ALWAYS, BY_HTTPS
from hook_server.hooks import FORGE_AT
from hook_server.problems import Problem
from tests.hook import BEARER, HTML, log_in, settings, spec


@pytest.fixture
def app(redis_url: str) -> Flask:
    return create_app(settings(redis_url), spec())


def requests_of(app: Flask) -> Iterator[tuple[str, str]]:
    """A path and a method for all there is to ask for."""
    adapter = app.url_map.bind("localhost")
    for rule in app.url_map.iter_rules():
        path = adapter.build(rule.endpoint, {name: _value(rule, name) for name in rule.arguments}, append_unknown=False)
        yield from ((path, method) for method in sorted(rule.methods or ()))
    yield from ((path, method) for path in FORGE_AT for method in ("GET", "HEAD", "OPTIONS", "POST"))


def _value(rule: Rule, name: str) -> str:
    items = getattr(rule._converters[name], "items", None)
    return {"filename": "pushrail.css"}.get(name) or (sorted(items)[0] if items else "x")


def bare(answer: TestResponse) -> list[str]:
    """The headers that are missing or not as they must be."""
    policy = answer.headers.get("Content-Security-Policy", "")
    wrong = [] if "default-src 'none'" in policy and "frame-ancestors 'none'" in policy and "unsafe" not in policy else ["policy"]
    wanted = {**ALWAYS, "Content-Security-Policy": policy}
    return wrong + [name for name, value in wanted.items() if answer.headers.get(name) != value]


@pytest.mark.parametrize("who", ["a stranger", "a program", "a member"])
def test_every_route_sends_them(app: Flask, who: str) -> None:
    client = app.test_client()
    if who == "a member":
        log_in(client)
    headers = BEARER if who == "a program" else {}
    missing = {(path, method): lacking(client, path, method, headers) for path, method in requests_of(app)}
    assert len(missing) > 30
    assert {asked: names for asked, names in missing.items() if names} == {}


def lacking(client: FlaskClient, path: str, method: str, headers: dict[str, str]) -> list[str]:
    with client.open(path, method=method, headers=headers) as answer:
        return bare(answer)


@pytest.mark.parametrize(("path", "method", "status"), [("/nothing", "GET", 404), ("/livez", "POST", 405), ("/hooks/github", "POST", 415)])
@pytest.mark.parametrize("headers", [{}, HTML])
def test_so_does_every_error(app: Flask, path: str, method: str, status: int, headers: dict[str, str]) -> None:
    answer = app.test_client().open(path, method=method, headers=headers)
    assert (answer.status_code, bare(answer)) == (status, [])


def test_so_does_a_defect(app: Flask) -> None:
    app.add_url_rule("/broken", view_func=lambda: 1 / 0)
    answer = app.test_client().get("/broken")
    assert (answer.status_code, bare(answer)) == (500, [])


def test_a_page_holds_no_script_and_no_style_of_its_own(app: Flask) -> None:
    client: FlaskClient = app.test_client()
    log_in(client)
    with app.test_request_context(headers=HTML):
        error = shown(Problem(404, "nothing")).get_data(as_text=True)
    for page in (client.get("/login").text, client.get("/").text, error):
        assert "<style" not in page
        assert " style=" not in page
        assert page.count("<script") == page.count("<script src=")


@pytest.mark.parametrize(("base", "told"), [("http://localhost", None), ("https://localhost", BY_HTTPS)])
@pytest.mark.parametrize("path", ["/livez", "/hooks/github"])
def test_who_came_by_https_is_told_to_come_by_https_and_nobody_else(app: Flask, path: str, base: str, told: str | None) -> None:
    assert app.test_client().get(path, base_url=base).headers.get("Strict-Transport-Security") == told
