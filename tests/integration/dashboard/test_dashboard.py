"""The pages from the outside: what they show, and that nothing from a payload becomes markup."""

import re
from dataclasses import replace

import pytest
from flask.testing import FlaskClient

from hook_server import create_app
from pipeline.model import Run, Status, StepResult, Trigger
from pipeline.store import Store
from tests.hook import COMMIT, HTML, SPEC_TEXT, log_in, settings, spec

NASTY = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"


def by_status(store: Store, status: Status) -> Run:
    return next(run for run in store.runs() if run.status is status)


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
        "started by jenkins",
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


@pytest.mark.parametrize(
    ("ref", "told"), [("refs/heads/main", "<dt>Branch</dt><dd>main</dd>"), ("refs/tags/v1.2", "<dt>Tag</dt><dd>v1.2</dd>")]
)
def test_a_run_tells_its_branch_or_its_tag(member: FlaskClient, store: Store, ref: str, told: str) -> None:
    store.accept(Run("r1", "churn", Trigger.PUSH, ref, COMMIT, delivery="d1", created_at=1.0))
    assert told in member.get("/runs/r1").text


def test_a_run_of_a_commit_that_stands_for_no_ref_tells_the_commit(member: FlaskClient, store: Store) -> None:
    store.accept(Run("r1", "churn", Trigger.API, "", COMMIT, pinned=True, delivery="d1", created_at=1.0))
    assert not re.search(r"<dt>(Branch|Tag)</dt>|Tip of", member.get("/runs/r1").text)
    assert f"<h1>{COMMIT[:8]}</h1>" in member.get("/runs/r1").text


def test_what_an_app_follows_is_told_and_whether_it_is_switched_off(redis_url: str) -> None:
    text = SPEC_TEXT.replace("branch: main, secret_env", "branch: live, tags: ['v*'], secret_env").replace(
        "  rose:", "  rose:\n    enabled: false"
    )
    client = create_app(settings(redis_url), spec(text)).test_client()
    log_in(client)
    page = client.get("/").text
    assert "acme/iris · live, tags v*<" in page
    assert "acme/iris · main · switched off<" in page


def test_a_run_under_way_is_cancelled_from_its_page_until_its_rollout_begins(member: FlaskClient, store: Store) -> None:
    store.accept(Run("r1", "churn", Trigger.PUSH, "refs/heads/main", COMMIT, delivery="d1", created_at=1.0))
    begun = store.begin("r1", "w1", 2.0)
    assert begun is not None
    fields = dict(re.findall(r'name="(csrf)" value="(\w+)"', member.get("/runs/r1").text))
    store.record(replace(begun, steps=(StepResult("rollout", Status.RUNNING, 1.0),)))
    assert "/runs/r1/cancel" not in member.get("/runs/r1").text
    assert member.post("/runs/r1/cancel", data=fields).status_code == 409
    store.record(replace(begun, steps=(StepResult("retrain", Status.RUNNING, 1.0),)))
    assert "/runs/r1/cancel" in member.get("/runs/r1").text
    assert member.post("/runs/r1/cancel").status_code == 403
    assert member.post("/runs/r1/cancel", data=fields).headers["Location"] == "/runs/r1"
    page = member.get("/runs/r1").text
    assert "Cancelled" in page
    assert "by the dashboard" in page


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
