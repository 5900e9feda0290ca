"""Who gets in to the pages, and for how long."""

import pytest
from flask.testing import FlaskClient

from hook_server import create_app
from pipeline.model import Run
from tests import realistic_runs
from tests.hook import BEARER, HTML, PASSWORD, csrf, log_in, settings
from tests.secret import secret


@pytest.mark.parametrize("path", ["/", "/?app=iris", "/runs/r1", "/runs/r1/log"])
def test_a_stranger_is_sent_to_the_login(stranger: FlaskClient, path: str) -> None:
    answer = stranger.get(path, headers=HTML)
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/login?next=/")


def test_a_stranger_cannot_replay(stranger: FlaskClient, running: Run) -> None:
    assert stranger.post(f"/runs/{running.id}/replay", data={"csrf": csrf(stranger)}).status_code == 401


def test_an_api_token_is_no_session(stranger: FlaskClient) -> None:
    assert stranger.get("/", headers=BEARER).status_code == 302


def test_a_wrong_password_stays_outside(stranger: FlaskClient) -> None:
    answer = log_in(stranger, PASSWORD + "x")
    assert (answer.status_code, stranger.get("/").status_code) == (401, 302)
    assert "neither the password nor a token" in answer.text


@pytest.mark.parametrize("token", ["", "wrong", "é"])
def test_a_form_without_the_csrf_token_is_403(stranger: FlaskClient, token: str) -> None:
    stranger.get("/login")
    assert stranger.post("/login", data={"password": PASSWORD, "csrf": token}).status_code == 403


@pytest.mark.parametrize("path", ["/logout", "/runs/r1/replay"])
def test_a_member_without_the_csrf_token_is_403(member: FlaskClient, path: str) -> None:
    assert member.post(path, data={}).status_code == 403


def test_the_login_leads_to_where_one_wanted_to_go(stranger: FlaskClient) -> None:
    answer = stranger.post("/login?next=/runs/r1", data={"password": PASSWORD, "csrf": csrf(stranger)})
    assert answer.headers["Location"] == "/runs/r1"


@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example", "/%5Cevil.example", "/%09/evil.example"])
def test_the_login_leads_to_no_other_server(stranger: FlaskClient, target: str) -> None:
    answer = stranger.post(f"/login?next={target}", data={"password": PASSWORD, "csrf": csrf(stranger)})
    assert answer.headers["Location"] == "/"


def test_the_session_cookie_is_out_of_reach_of_scripts_and_other_sites(stranger: FlaskClient) -> None:
    cookie = log_in(stranger).headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


def test_logging_out_ends_the_session(member: FlaskClient) -> None:
    member.get("/")
    with member.session_transaction() as session:
        token = session["csrf"]
    member.post("/logout", data={"csrf": token})
    assert member.get("/").status_code == 302


@pytest.mark.parametrize(
    ("changed", "status"), [({}, 200), ({"PUSHRAIL_API_TOKEN": secret("new")}, 302), ({"PUSHRAIL_DASHBOARD_PASSWORD": secret("new")}, 302)]
)
def test_a_session_counts_in_every_process_until_a_secret_changes(
    member: FlaskClient, redis_url: str, changed: dict[str, str], status: int
) -> None:
    cookie = member.get_cookie("pushrail")
    assert cookie is not None
    other = create_app(settings(redis_url, **changed), realistic_runs.spec()).test_client()
    other.set_cookie("pushrail", cookie.value)
    assert other.get("/").status_code == status
