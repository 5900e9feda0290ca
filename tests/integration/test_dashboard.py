"""The pages from the outside: who gets in, what they show, and that nothing from a payload becomes markup."""

import re
import time
from dataclasses import replace

import pytest
from flask.testing import FlaskClient

from hook_server import create_app
from pipeline.model import Run, Status, StepResult, Trigger
from pipeline.run_log import RunLog
from pipeline.store import Store
from tests import realistic_runs
from tests.hook import BEARER, COMMIT, PASSWORD, csrf, log_in, settings, spec

HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
NASTY = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"


@pytest.fixture
def stranger(redis_url: str) -> FlaskClient:
    return create_app(settings(redis_url), realistic_runs.spec()).test_client()


@pytest.fixture
def member(stranger: FlaskClient) -> FlaskClient:
    assert log_in(stranger).status_code == 302
    return stranger


@pytest.fixture
def running(store: Store) -> Run:
    """A store with a plausible week in it; the run that is under way."""
    return realistic_runs.fill(store, RunLog(store.redis), time.time())


def by_status(store: Store, status: Status) -> Run:
    return next(run for run in store.runs() if run.status is status)


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
    assert "not the password" in answer.text


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
    ("changed", "status"), [({}, 200), ({"PUSHRAIL_API_TOKEN": "new"}, 302), ({"PUSHRAIL_DASHBOARD_PASSWORD": "new"}, 302)]
)
def test_a_session_counts_in_every_process_until_a_secret_changes(
    member: FlaskClient, redis_url: str, changed: dict[str, str], status: int
) -> None:
    cookie = member.get_cookie("pushrail")
    assert cookie is not None
    other = create_app(settings(redis_url, **changed), realistic_runs.spec()).test_client()
    other.set_cookie("pushrail", cookie.value)
    assert other.get("/").status_code == status


def test_an_empty_list_says_how_to_begin(member: FlaskClient) -> None:
    page = member.get("/").text
    assert "No run yet" in page
    assert "/api/v1/apps/churn/runs" in page


@pytest.mark.parametrize("word", ["Queued", "Superseded", "Running", "Succeeded", "Failed", "Errored", "Rejected", "Rolled back"])
def test_the_list_says_every_state_in_words(member: FlaskClient, running: Run, word: str) -> None:
    assert f'<span class="word">{word}</span>' in member.get("/").text


@pytest.mark.parametrize(
    "text",
    [
        "KeyError: &#39;MODEL_DIR&#39;",
        "superseded by",
        "to end",
        "pushed by margaret",
        "started by the API",
        "is live again",
        "verified",
        "sha256:4f9c2b7d1e8a",
        "2 min 29 s",
    ],
)
def test_the_list_tells_what_decided_each_run_and_what_is_live(member: FlaskClient, running: Run, text: str) -> None:
    assert text in member.get("/").text


def test_the_list_shows_one_app_alone(member: FlaskClient, running: Run) -> None:
    page = member.get("/?app=recommender").text
    assert "Pin numpy" in page
    assert "Drop the scaler" not in page


@pytest.mark.parametrize("text", ["retrain", "live accuracy", "0.9417", "+0.0059"])
def test_a_run_page_shows_steps_outputs_and_metrics(member: FlaskClient, running: Run, text: str) -> None:
    assert text in member.get(f"/runs/{running.id}").text


@pytest.mark.parametrize("status", sorted({Status.QUEUED, Status.SUPERSEDED, Status.FAILED, Status.REJECTED, Status.ROLLED_BACK}))
def test_every_state_has_a_page(member: FlaskClient, running: Run, store: Store, status: Status) -> None:
    answer = member.get(f"/runs/{by_status(store, status).id}")
    assert (answer.status_code, f"is-{status}" in answer.text) == (200, True)


def test_only_a_run_that_ended_offers_a_replay(member: FlaskClient, running: Run, store: Store) -> None:
    assert "Replay" not in member.get(f"/runs/{running.id}").text
    assert "Replay" in member.get(f"/runs/{by_status(store, Status.FAILED).id}").text


def test_a_replay_leads_to_the_new_run_and_a_double_click_to_the_same(member: FlaskClient, running: Run, store: Store) -> None:
    failed = by_status(store, Status.FAILED)
    page = member.get(f"/runs/{failed.id}").text
    fields = dict(re.findall(r'name="(csrf|key)" value="(\w+)"', page))
    first, second = (member.post(f"/runs/{failed.id}/replay", data=fields) for _ in range(2))
    assert (first.status_code, first.headers["Location"]) == (303, second.headers["Location"])
    new = store.run(first.headers["Location"].removeprefix("/runs/"))
    assert new is not None
    assert (new.replay_of, new.commit, new.requested_by) == (failed.id, failed.built_commit, "the dashboard")


def test_the_log_is_read_through_the_session(member: FlaskClient, running: Run) -> None:
    answer = member.get(f"/runs/{running.id}/log?offset=0")
    assert answer.content_type == "text/plain; charset=utf-8"
    assert "==> rollout" in answer.text


@pytest.mark.parametrize("page", ["/", "/runs/r1"])
def test_nothing_from_a_payload_becomes_markup(redis_url: str, store: Store, page: str) -> None:
    client = create_app(settings(redis_url), spec()).test_client()
    log_in(client)
    store.accept(Run("r1", "iris", Trigger.PUSH, f"refs/heads/{NASTY}", COMMIT, message=NASTY, requested_by=NASTY, created_at=1.0))
    begun = store.begin("r1", "w1", 2.0)
    assert begun is not None
    steps = (StepResult("pull", Status.FAILED, 1.0, 2.0, {NASTY: NASTY, "message": NASTY}, NASTY),)
    store.record(replace(begun, steps=steps))
    store.finish(replace(begun, steps=steps, status=Status.FAILED, reason=NASTY, finished_at=3.0))
    text = client.get(page).text
    assert "<script>alert" not in text
    assert "<img" not in text
    assert "&lt;script&gt;" in text


@pytest.mark.parametrize("path", ["/", "/login", "/static/live.js", "/livez", "/api/v1/runs", "/nothing"])
def test_every_answer_carries_the_security_headers(member: FlaskClient, path: str) -> None:
    with member.get(path) as answer:
        headers = answer.headers
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert (headers["X-Content-Type-Options"], headers["Referrer-Policy"]) == ("nosniff", "same-origin")


@pytest.mark.parametrize("path", ["/", "/login", "/runs/{run}"])
def test_no_page_needs_inline_script_or_style(member: FlaskClient, running: Run, path: str) -> None:
    page = member.get(path.format(run=running.id)).text
    assert not re.search(r"<script(?! src=)|<style|\sstyle=|\son\w+=|javascript:|https?://(?!localhost)", page)


@pytest.mark.parametrize(("path", "status"), [("/runs/none", 404), ("/runs/a.b", 400), ("/?limit=x", 400)])
def test_a_person_gets_a_page_about_an_error_and_a_program_gets_json(member: FlaskClient, path: str, status: int) -> None:
    page, document = member.get(path, headers=HTML), member.get(path)
    assert (page.status_code, page.mimetype) == (status, "text/html")
    assert (document.status_code, document.mimetype) == (status, "application/problem+json")


def test_without_redis_a_person_gets_a_page_that_says_so() -> None:
    client = create_app(settings("redis://127.0.0.1:1/0"), spec()).test_client()
    log_in(client)
    answer = client.get("/", headers=HTML)
    assert (answer.status_code, "Redis does not serve" in answer.text) == (503, True)


def test_a_form_too_large_is_413(stranger: FlaskClient) -> None:
    assert stranger.post("/login", data={"password": "x" * 20_000}).status_code == 413
