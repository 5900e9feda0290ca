"""The pages of releases from the outside: the history, the question before a rollback, and the way around a bad memory."""

import re
import time
from dataclasses import replace

import pytest
from flask.testing import FlaskClient

from hook_server import create_app
from pipeline.model import Run, Status, StepResult, Trigger
from pipeline.releases import Releases
from pipeline.run_log import RunLog
from pipeline.store import Store
from tests import realistic_runs
from tests.hook import COMMIT, csrf, log_in, settings, spec

PAGE, QUESTION = "/apps/churn/releases", "/apps/churn/rollback"
NASTY = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"


@pytest.fixture
def member(stranger: FlaskClient, store: Store) -> FlaskClient:
    """Somebody who has logged in, to a store with a plausible week in it."""
    realistic_runs.fill(store, RunLog(store.redis), time.time())
    assert log_in(stranger).status_code == 302
    return stranger


def fields(page: str) -> dict[str, str]:
    return dict(re.findall(r'name="(csrf|key|release)" value="([\w-]+)"', page))


@pytest.mark.parametrize("path", [PAGE, QUESTION])
def test_a_stranger_is_sent_to_the_login(stranger: FlaskClient, path: str) -> None:
    assert stranger.get(path).headers["Location"].startswith("/login?next=/apps/churn/")


def test_a_stranger_cannot_roll_back(stranger: FlaskClient) -> None:
    assert stranger.post(QUESTION, data={"csrf": csrf(stranger), "reason": "why"}).status_code == 401


def test_a_member_without_the_csrf_token_is_403(member: FlaskClient) -> None:
    assert member.post(QUESTION, data={"reason": "why"}).status_code == 403


@pytest.mark.parametrize(
    "text",
    ["Live", "Earlier", "Withdrawn", "Nightly retrain", "0.9417", "revision 48", "jenkins", "p95 latency doubled at peak", "margaret"],
)
def test_the_history_tells_what_was_live_and_why_it_is_not(member: FlaskClient, text: str) -> None:
    assert text in member.get(PAGE).text


def test_every_release_but_the_live_one_offers_the_way_back(member: FlaskClient, store: Store) -> None:
    offered = re.findall(r"rollback\?release=([\w-]+)", member.get(PAGE).text)
    assert offered == [release.run for release in Releases(store.redis).verified("churn")[1:]]


def test_an_app_without_a_release_says_so(redis_url: str) -> None:
    client = create_app(settings(redis_url), spec()).test_client()
    log_in(client)
    assert "No verified release yet" in client.get("/apps/iris/releases").text


def test_the_question_shows_both_releases_and_what_speaks_against_it(member: FlaskClient, store: Store) -> None:
    withdrawn = next(release for release in Releases(store.redis).verified("churn") if release.withdrawn)
    page = member.get(f"{QUESTION}?release={withdrawn.run}").text
    for text in ("Nightly retrain", "Read features from the new store", "p95 latency doubled", "is under way"):
        assert text in page


def test_a_rollback_leads_to_its_run_and_a_double_click_to_the_same(member: FlaskClient, store: Store) -> None:
    earliest = Releases(store.redis).verified("churn")[-1]
    said = {**fields(member.get(f"{QUESTION}?release={earliest.run}").text), "reason": " wrong prices\nreally", "by": "ada"}
    first, second = (member.post(QUESTION, data=said) for _ in range(2))
    assert (first.status_code, first.headers["Location"]) == (303, second.headers["Location"])
    run = store.run(first.headers["Location"].removeprefix("/runs/"))
    assert run is not None
    assert (run.trigger, run.restores, run.message, run.requested_by) == (Trigger.ROLLBACK, earliest.run, "wrong prices", "ada")


def test_a_rollback_without_a_reason_is_400(member: FlaskClient) -> None:
    said = fields(member.get(f"{QUESTION}?release=").text)
    assert member.post(QUESTION, data={**said, "reason": " "}).status_code == 400


@pytest.mark.parametrize(("query", "status"), [("release=none", 404), (f"release={'x' * 100}", 404)])
def test_a_release_that_is_not_in_the_history_is_404(member: FlaskClient, query: str, status: int) -> None:
    assert member.get(f"{QUESTION}?{query}").status_code == status


def test_the_page_of_a_rollback_shows_its_two_steps_and_offers_no_replay(member: FlaskClient, store: Store) -> None:
    run = next(run for run in store.runs() if run.trigger is Trigger.ROLLBACK)
    page = member.get(f"/runs/{run.id}").text
    assert re.findall(r'id="step-(\w+)"', page) == ["rollback", "verify"]
    assert "Roll back: p95 latency doubled at peak" in page
    assert "Replay" not in page


def test_only_what_proved_bad_offers_to_deploy_it_anyway(member: FlaskClient, store: Store) -> None:
    statuses = {run.status for run in store.runs() if "Deploy it anyway" in member.get(f"/runs/{run.id}").text}
    withdrawn = next(release for release in Releases(store.redis).verified("churn") if release.withdrawn)
    assert statuses == {Status.ROLLED_BACK, Status.SUCCEEDED}
    assert "Deploy it anyway" in member.get(f"/runs/{withdrawn.run}").text


@pytest.mark.parametrize(("pressed", "force"), [({}, False), ({"force": "yes"}, True)])
def test_the_button_decides_whether_a_replay_is_forced(member: FlaskClient, store: Store, pressed: dict[str, str], force: bool) -> None:
    bad = next(run for run in store.runs() if run.status is Status.ROLLED_BACK)
    answer = member.post(f"/runs/{bad.id}/replay", data={**fields(member.get(f"/runs/{bad.id}").text), **pressed})
    run = store.run(answer.headers["Location"].removeprefix("/runs/"))
    assert run is not None
    assert run.force is force


@pytest.mark.parametrize("path", ["/", "/apps/iris/releases"])
def test_a_rollback_that_failed_is_told_until_a_release_is_verified(member: FlaskClient, store: Store, path: str) -> None:
    store.accept(Run("r1", "iris", Trigger.PUSH, "refs/heads/main", COMMIT, created_at=1.0))
    begun = store.begin("r1", "w1", 2.0)
    assert begun is not None
    steps = (StepResult("rollback", Status.FAILED, 2.0, 3.0, {"tried": "repo@r0"}),)
    store.finish(replace(begun, steps=steps, status=Status.ROLLBACK_FAILED, finished_at=4.0))
    page = member.get(path).text
    assert "is-rollback_failed" in page
    assert "what serves" in page


@pytest.mark.parametrize("page", ["releases", "rollback"])
def test_nothing_that_somebody_wrote_becomes_markup(member: FlaskClient, store: Store, page: str) -> None:
    live, *earlier = Releases(store.redis).verified("churn")
    mark = replace(next(release.withdrawn for release in earlier if release.withdrawn), by=NASTY, reason=NASTY)
    for run in ("r1", "r2"):
        store.accept(Run(run, "recommender", Trigger.PUSH, "refs/heads/main", COMMIT, created_at=1.0, delivery=run))
        begun = store.begin(run, "w1", 2.0)
        if begun is not None:
            made = replace(live, run=run, message=NASTY, requested_by=NASTY, metrics={NASTY: NASTY}, withdrawn=mark)
            store.finish(replace(begun, status=Status.SUCCEEDED, finished_at=4.0), made)
    text = member.get(f"/apps/recommender/{page}?release=r1").text
    assert "<script>alert" not in text
    assert "<img" not in text
    assert "&lt;script&gt;" in text


@pytest.mark.parametrize("path", [PAGE, QUESTION])
def test_no_page_needs_inline_script_or_style(member: FlaskClient, path: str) -> None:
    assert not re.search(r"<script(?! src=)|<style|\sstyle=|\son\w+=|javascript:|https?://(?!localhost)", member.get(path).text)
