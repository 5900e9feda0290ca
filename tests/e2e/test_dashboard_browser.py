"""The dashboard in a real browser: log in, look, watch a log grow, replay."""

import time
from dataclasses import replace

import pytest
from playwright.sync_api import Page, expect

from pipeline.model import Run, Status, StepResult
from pipeline.releases import Releases
from pipeline.run_log import RunLog
from pipeline.store import Store
from tests import realistic_deliveries, realistic_runs
from tests.hook import PASSWORD

pytestmark = pytest.mark.browser


@pytest.fixture
def log(store: Store) -> RunLog:
    return RunLog(store.redis)


@pytest.fixture
def running(store: Store, log: RunLog) -> Run:
    return realistic_runs.fill(store, log, time.time())


def log_in(page: Page, address: str, secret: str = PASSWORD) -> None:
    page.goto(address)
    page.get_by_label("Password").fill(secret)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name="All runs")).to_be_visible()


def test_a_person_logs_in_watches_a_run_to_its_end_and_replays_it(
    page: Page, address: str, store: Store, log: RunLog, running: Run
) -> None:
    log_in(page, address)
    page.get_by_role("link", name=running.message).click()
    lines = page.locator("#log")
    expect(lines).to_contain_text("generation 42: 3 of 4 ready")
    expect(page.locator("#log-state")).to_have_text("live")

    log.append(running.id, b"14:00:00 generation 42: 4 of 4 ready <i>&amp;</i>\n")
    expect(lines).to_contain_text("4 of 4 ready <i>&amp;</i>", timeout=3000)

    ended = replace(running, status=Status.SUCCEEDED, finished_at=time.time())
    steps = tuple(replace(step, status=Status.SUCCEEDED, finished_at=time.time()) for step in running.steps)
    store.record(replace(ended, steps=steps))
    store.finish(ended)
    expect(page.locator("#log-state")).to_have_text("complete")
    expect(page.locator("#head .word")).to_have_text("Succeeded")

    page.get_by_role("button", name="Replay").click()
    expect(page.locator("#head")).to_contain_text(f"replayed by the dashboard of {running.id}")
    new = store.run(page.url.rpartition("/")[2])
    assert new is not None
    assert (new.replay_of, new.commit) == (running.id, running.built_commit)


def test_a_page_left_open_follows_what_happens(page: Page, address: str, store: Store, running: Run) -> None:
    log_in(page, address)
    row = page.locator(f"#run-{running.id}")
    expect(row.locator(".word")).to_have_text("Running")
    store.finish(replace(running, status=Status.FAILED, reason="rollout: a pod died", finished_at=time.time()))
    expect(row.locator(".word")).to_have_text("Failed", timeout=8000)
    expect(row).to_contain_text("rollout: a pod died")


def test_open_details_stay_open_while_the_page_renews_itself(page: Page, address: str, store: Store, running: Run) -> None:
    log_in(page, address)
    page.goto(f"{address}/runs/{running.id}")
    page.locator("#step-evaluate summary").click()
    steps = (*running.steps[:-1], replace(running.steps[-1], status=Status.SUCCEEDED, finished_at=time.time()))
    store.record(replace(running, steps=(*steps, StepResult("verify", Status.RUNNING, time.time()))))
    expect(page.locator("#step-verify .spin")).to_be_visible(timeout=8000)
    expect(page.locator("#step-evaluate dl")).to_be_visible()


def test_a_run_that_failed_opens_at_the_step_that_decided(page: Page, address: str, store: Store, running: Run) -> None:
    failed = next(run for run in store.runs() if run.status is Status.ROLLED_BACK)
    log_in(page, address)
    page.set_viewport_size({"width": 1200, "height": 640})
    page.goto(f"{address}/runs/{failed.id}")
    expect(page.locator("#log-rollout .ended")).to_be_in_viewport()
    expect(page.locator("#log-pull .ended")).not_to_be_in_viewport()


def test_a_person_goes_back_to_an_earlier_release(page: Page, address: str, store: Store, running: Run) -> None:
    log_in(page, address)
    page.locator(".card", has_text="churn").get_by_role("link", name="Releases").click()
    expect(page.get_by_role("heading", name="Releases of churn")).to_be_visible()
    withdrawn = next(release for release in Releases(store.redis).verified("churn") if release.withdrawn)
    page.locator(f"#release-{withdrawn.run}").get_by_role("link", name="Roll back to this").click()
    expect(page.get_by_text("p95 latency doubled")).to_be_visible()

    page.get_by_role("button", name="Roll back").click()
    expect(page.get_by_label("Why")).to_be_focused()  # nothing was sent: the reason is missing
    page.get_by_label("Why").fill("it was the store after all")
    page.get_by_label("Who you are").fill("ada")
    page.get_by_role("button", name="Roll back").click()
    expect(page.get_by_role("heading", name="Roll back: it was the store after all")).to_be_visible()
    expect(page.locator("#head")).to_contain_text(f"rollback by ada to {withdrawn.run}")
    run = store.run(page.url.rpartition("/")[2])
    assert run is not None
    assert run.restores == withdrawn.run


def test_a_person_sends_a_delivery_through_once_more_and_says_why(page: Page, address: str, store: Store, running: Run) -> None:
    entry = realistic_deliveries.fill(store, time.time())["skipped"]
    log_in(page, address)
    page.get_by_role("link", name="Deliveries").click()
    page.locator(f"#delivery-{entry}").get_by_role("link", name="Fix a typo").click()
    page.get_by_label("Send it through once more").fill("it was needed")
    with page.expect_response(lambda answer: answer.url.endswith(entry)):  # the page renews itself
        pass
    page.get_by_role("button", name="Redeliver").click()
    expect(page.get_by_text("it was needed")).to_be_visible()
    page.locator("#outcomes").get_by_role("link").click()
    expect(page.get_by_text("redelivered by the dashboard")).to_be_visible()


def test_a_token_is_made_signed_in_with_and_revoked(page: Page, address: str, running: Run) -> None:
    log_in(page, address)
    page.get_by_role("link", name="Tokens").click()
    page.get_by_label("Name").fill("Grace")
    page.get_by_role("button", name="Make a token").click()
    expect(page.get_by_label("Name")).to_be_focused()  # nothing was sent: a name has small letters
    page.get_by_label("Name").fill("grace-laptop")
    page.get_by_role("button", name="Make a token").click()
    secret = page.locator("#secret").inner_text()

    browser = page.context.browser
    assert browser is not None
    grace = browser.new_page()
    log_in(grace, address, secret)
    expect(grace.get_by_text("grace-laptop · read")).to_be_visible()

    page.get_by_role("button", name="Revoke grace-laptop").click()
    expect(page.locator(".tokens")).to_contain_text("revoked")
    expect(grace.get_by_label("Password or token")).to_be_visible(timeout=8000)  # the page renews itself, and is sent away
