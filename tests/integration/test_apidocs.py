"""``/apidocs`` from the outside: open to everyone, and only the files that the page needs."""

import pytest
from flask.testing import FlaskClient

from hook_server import create_app
from tests.hook import settings, spec


@pytest.fixture
def stranger() -> FlaskClient:
    return create_app(settings("redis://127.0.0.1:1/0"), spec()).test_client()


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/apidocs", "text/html"),
        ("/apidocs/openapi.json", "application/json"),
        ("/apidocs/swagger-ui.css", "text/css"),
        ("/apidocs/swagger-ui-bundle.js", "text/javascript"),
        ("/static/apidocs.js", "text/javascript"),
    ],
)
def test_everyone_may_read_it_though_redis_is_away(stranger: FlaskClient, path: str, kind: str) -> None:
    with stranger.get(path) as answer:
        assert (answer.status_code, answer.mimetype) == (200, kind)


@pytest.mark.parametrize("path", ["LICENSE", "../__init__.py", "..%2f__init__.py", "oauth2-redirect.html"])
def test_no_other_file_is_served(stranger: FlaskClient, path: str) -> None:
    assert stranger.get(f"/apidocs/{path}").status_code == 404


def test_a_large_file_is_asked_for_once(stranger: FlaskClient) -> None:
    with stranger.get("/apidocs/swagger-ui-bundle.js") as first:
        known = {"If-None-Match": first.headers["ETag"]}
    with stranger.get("/apidocs/swagger-ui-bundle.js", headers=known) as again:
        assert (again.status_code, again.data) == (304, b"")
