"""``POST /hooks/github`` from the outside: what each good and bad request comes to. Needs only Redis."""

import threading
from typing import Any

import pytest
from flask.testing import FlaskClient

from hook_server import create_app
from pipeline.deliveries import Deliveries
from pipeline.delivery import Outcome
from pipeline.model import Trigger
from pipeline.store import Store
from tests.hook import (
    COMMIT,
    OLD_SECRET,
    ROSE_SECRET,
    SECRET,
    deliver,
    payload,
    settings,
    spec,
)
from tests.secret import secret

FORM = "application/x-www-form-urlencoded"
PUSH = payload("push")
ROSE_PUSH = payload("push", commits=[{"added": ["rose/a"], "removed": [], "modified": []}])


@pytest.fixture
def client(redis_url: str) -> FlaskClient:
    return create_app(settings(redis_url), spec()).test_client()


def outcomes(answer: Any) -> list[tuple[str, str]]:
    return [(outcome["app"], outcome["outcome"]) for outcome in answer.json["outcomes"]]


def written(deliveries: Deliveries) -> list[tuple[str, str]]:
    """What the log holds of its newest delivery."""
    return [(outcome.app, outcome.outcome) for outcome in deliveries.page(1).entries[0].outcomes]


def test_a_push_is_accepted_and_wakes_a_worker(client: FlaskClient, store: Store) -> None:
    answer = deliver(client, PUSH)
    assert answer.status_code == 202
    (outcome,) = answer.json["outcomes"]
    run = store.run(outcome["run"])
    assert run is not None
    assert (run.app, run.trigger, run.commit, run.requested_by) == ("iris", Trigger.PUSH, COMMIT, "ada")
    assert store.redis.llen("rq:queue:pushrail") == 1


def test_one_delivery_starts_a_run_of_each_app_whose_secret_signed_it(redis_url: str) -> None:
    client = create_app(settings(redis_url, ROSE_SECRET=SECRET), spec()).test_client()
    assert outcomes(deliver(client, ROSE_PUSH)) == [("iris", "accepted"), ("rose", "accepted")]


def test_an_app_does_not_hear_a_delivery_signed_for_another(client: FlaskClient) -> None:
    assert outcomes(deliver(client, ROSE_PUSH, secret=ROSE_SECRET)) == [("rose", "accepted")]


def test_the_old_secret_counts_until_it_is_removed(client: FlaskClient, redis_url: str) -> None:
    assert deliver(client, PUSH, secret=OLD_SECRET).status_code == 202
    later = create_app(settings(redis_url, IRIS_OLD_SECRET=secret("another by now")), spec()).test_client()
    assert deliver(later, PUSH, secret=OLD_SECRET).status_code == 401


@pytest.mark.parametrize("message", ["emoji 🌸", "r\r\n", "\x00\x1b[31m", "\ud800", "<script>alert(1)</script>", "x" * 10_000])
def test_whatever_a_commit_message_says_is_accepted(client: FlaskClient, message: str) -> None:
    assert deliver(client, payload("push", head_commit={"id": COMMIT, "message": message})).status_code == 202


@pytest.mark.parametrize("body", [payload("ping"), PUSH])
def test_a_ping_is_answered_and_starts_nothing(client: FlaskClient, store: Store, deliveries: Deliveries, body: dict[str, Any]) -> None:
    answer = deliver(client, body, event="ping")
    assert (answer.status_code, outcomes(answer)) == (200, [("iris", "pong")])
    assert written(deliveries) == [("iris", "pong")]
    assert store.runs() == []


@pytest.mark.parametrize("event", ["issues", "__init__"])
def test_a_signed_event_of_another_kind_is_ignored_and_recorded(client: FlaskClient, deliveries: Deliveries, event: str) -> None:
    answer = deliver(client, b"{}", event=event)
    assert (answer.status_code, outcomes(answer)) == (200, [("", "ignored")])
    assert written(deliveries) == [("", "ignored")]


def test_the_same_delivery_again_is_answered_with_the_first_run(client: FlaskClient) -> None:
    first, second = deliver(client, PUSH), deliver(client, PUSH)
    assert (second.status_code, outcomes(second)) == (200, [("iris", "duplicate")])
    assert second.json["outcomes"][0]["run"] == first.json["outcomes"][0]["run"]


def test_what_is_new_is_told_in_the_log_and_a_duplicate_only_who_looks_for_it(
    client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG", "hook_server.receiver")
    deliver(client, PUSH)
    deliver(client, PUSH)
    told = [line for line in caplog.records if line.name == "hook_server.receiver"]
    assert [(line.levelname, "outcome='duplicate'" in line.message) for line in told] == [("INFO", False), ("DEBUG", True)]


def test_the_same_delivery_twenty_times_at_once_is_one_run(client: FlaskClient, store: Store) -> None:
    said: list[int] = []
    threads = [threading.Thread(target=lambda: said.append(deliver(client.application.test_client(), PUSH).status_code)) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(said) == [200] * 19 + [202]
    assert len(store.runs()) == 1


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (payload("branch_deleted"), "deleted"),
        (payload("annotated_tag"), "refs/tags/v1.2.0"),
        (payload("push", head_commit={"id": COMMIT, "message": "[skip ci]"}), "[skip ci]"),
        (payload("push", repository={"full_name": "evil/iris"}), "evil/iris"),
    ],
    ids=["deleted", "tag", "skip", "repository"],
)
def test_a_push_that_starts_nothing_is_told_why_and_recorded(
    client: FlaskClient, deliveries: Deliveries, body: dict[str, Any], reason: str
) -> None:
    answer = deliver(client, body)
    (outcome,) = answer.json["outcomes"]
    assert (answer.status_code, outcome["outcome"], outcome["run"]) == (200, "ignored", "")
    assert reason in outcome["reason"]
    assert deliveries.page(1).entries[0].outcomes == (Outcome(**outcome),)


def test_of_fifty_pushes_in_a_row_one_is_active_and_the_newest_waits(client: FlaskClient, store: Store) -> None:
    for number in range(50):
        deliver(client, payload("push", after=f"{number:040x}" if number else COMMIT), delivery=f"d{number}")
    waiting = [run for run in store.runs() if run.status == "queued"]
    assert [run.commit for run in waiting] == [f"{49:040x}", COMMIT]


@pytest.mark.parametrize("changed", [{"commits": []}, {"forced": True}, {"created": True}])
def test_a_push_with_unknown_paths_passes_the_filter_and_says_so(client: FlaskClient, changed: dict[str, Any]) -> None:
    (outcome,) = deliver(client, payload("push", **changed), secret=ROSE_SECRET).json["outcomes"]
    assert outcome["outcome"] == "accepted"
    assert "path filter" in outcome["reason"]


def test_a_push_that_touches_no_wanted_path_is_ignored(client: FlaskClient) -> None:
    (outcome,) = deliver(client, PUSH, secret=ROSE_SECRET).json["outcomes"]
    assert (outcome["outcome"], outcome["reason"]) == ("ignored", "no changed path matches rose/**, *.toml")
