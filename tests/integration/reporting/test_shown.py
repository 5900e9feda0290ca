"""What a forge was told of a run, as API and page show it."""

import pytest
from flask.testing import FlaskClient

from hook_server import create_app
from pipeline.store import Store
from tests.hook import BEARER, log_in, settings, spec
from tests.integration.reporting.github_server import Fault, GitHub
from tests.integration.reporting.teller import A, Teller, accepted


@pytest.fixture
def client(redis_url: str) -> FlaskClient:
    client = create_app(settings(redis_url), spec()).test_client()
    log_in(client)
    return client


def test_a_run_that_no_forge_was_told_of_shows_nothing(store: Store, client: FlaskClient) -> None:
    accepted(store)
    assert client.get("/api/v1/runs/r1", headers=BEARER).get_json()["told"] is None
    assert "<dt>Forge</dt>" not in client.get("/runs/r1").text


def test_what_the_forge_took_is_shown(teller: Teller, store: Store, client: FlaskClient) -> None:
    accepted(store)
    teller.round()
    told = client.get("/api/v1/runs/r1", headers=BEARER).get_json()["told"]
    assert (told["forge"], told["commit"], told["state"], told["at"]) == ("GitHub", A, "pending", 1000.0)
    assert "told GitHub pending" in client.get("/runs/r1").text


def test_why_the_forge_did_not_take_it_is_shown_as_text(teller: Teller, store: Store, github: GitHub, client: FlaskClient) -> None:
    github.faults.append(Fault(401, body={"message": "<b>Bad credentials</b>"}))
    accepted(store)
    teller.round()
    shown = "GitHub answers 401: {}Bad credentials{}; see report.token_env"
    assert client.get("/api/v1/runs/r1", headers=BEARER).get_json()["told"]["error"] == shown.format("<b>", "</b>")
    assert shown.format("&lt;b&gt;", "&lt;/b&gt;") in client.get("/runs/r1").text
