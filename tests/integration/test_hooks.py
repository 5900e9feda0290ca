"""The addresses of webhooks, which stand in front of Flask: what is one, by which methods, and what an answer there looks like."""

import pytest
from flask.testing import FlaskClient

from hook_server import create_app
from hook_server.headers import ALWAYS
from tests.hook import HTML, deliver, payload, settings, spec
from tests.wire import BODY, SIGNED


@pytest.fixture
def client(redis_url: str) -> FlaskClient:
    return create_app(settings(redis_url), spec()).test_client()


def test_an_accepted_push_is_answered_with_json_and_the_headers_of_every_answer(client: FlaskClient) -> None:
    answer = deliver(client, payload("push"))
    told = {"Content-Type": "application/json", "Content-Length": str(len(answer.data)), "Cache-Control": "no-store"}
    assert (answer.status, dict(answer.headers)) == ("202 ACCEPTED", {**told, **ALWAYS})


@pytest.mark.parametrize("path", ["/hooks/github?a=1&b", "/hooks/%67ithub", "/hooks%2Fgithub"])
def test_an_address_may_be_written_otherwise(client: FlaskClient, path: str) -> None:
    assert client.post(path, data=BODY, headers=SIGNED).status_code == 202


def test_an_address_put_together_with_one_slash_too_many_is_known(client: FlaskClient) -> None:
    answer = client.post("/", data=BODY, headers=SIGNED, environ_overrides={"PATH_INFO": "//hooks/github"})
    assert answer.status_code == 202


@pytest.mark.parametrize(
    "path", ["/hooks", "/hooks/", "/hooks/nobody", "/hooks/GitHub", "/hooks/github/", "/hooks/github/x", "/hooks/github;x"]
)
def test_what_is_near_an_address_is_404(client: FlaskClient, path: str) -> None:
    answer = client.post(path, data=BODY, headers=SIGNED)
    assert (answer.status_code, answer.content_type) == (404, "application/problem+json")


@pytest.mark.parametrize("method", ["GET", "OPTIONS", "PUT", "DELETE", "TRACE"])
@pytest.mark.parametrize("forge", ["github", "gitlab", "gitea"])
def test_another_method_is_405_and_told_which_is_right(client: FlaskClient, forge: str, method: str) -> None:
    answer = client.open(f"/hooks/{forge}", method=method, headers=HTML)
    assert (answer.status_code, answer.headers["Allow"], answer.content_type) == (405, "POST", "application/problem+json")


def test_the_answer_to_a_head_has_no_body(client: FlaskClient) -> None:
    answer = client.head("/hooks/github")
    assert (answer.status_code, answer.headers["Allow"], answer.data) == (405, "POST", b"")
