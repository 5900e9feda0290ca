"""Runs that somebody ends from the outside."""

from dataclasses import replace

import pytest
from flask.testing import FlaskClient

from hook_server import create_app
from pipeline.model import Run, Status, StepResult
from pipeline.store import Store
from pipeline.token import Scope
from tests.hook import settings, spec
from tests.integration.api.runs import accepted, finished
from tests.keys import NOW, bearer, kept

CANCEL = "/api/v1/runs/r1/cancel"


def rolling(store: Store) -> Run:
    accepted(store)
    begun = store.begin("r1", "w1", 2000.0)
    assert begun is not None
    store.record(replace(begun, steps=(StepResult("rollout", Status.RUNNING, 1.0),)))
    return begun


@pytest.mark.parametrize(
    ("wish", "reason"),
    [
        (None, "by PUSHRAIL_API_TOKEN"),
        ({"reason": "wrong data"}, "by PUSHRAIL_API_TOKEN: wrong data"),
        ({"by": "ada", "reason": "wrong\ndata"}, "by ada: wrong"),
    ],
)
def test_a_cancelled_run_says_who_ended_it_and_why(client: FlaskClient, store: Store, wish: dict[str, str] | None, reason: str) -> None:
    accepted(store)
    answer = client.post(CANCEL, json=wish) if wish else client.post(CANCEL)
    assert answer.status_code == 200
    assert (answer.json["status"], answer.json["reason"]) == ("cancelled", reason)


def test_a_run_under_way_shows_where_it_was_when_it_was_cancelled(client: FlaskClient, store: Store) -> None:
    accepted(store)
    begun = store.begin("r1", "w1", 2000.0)
    assert begun is not None
    store.record(replace(begun, steps=(StepResult("retrain", Status.RUNNING, 1.0),)))
    (step,) = client.post(CANCEL).json["steps"]
    assert (step["name"], step["status"]) == ("retrain", "cancelled")


def test_a_run_whose_rollout_has_begun_is_409_and_told_to_roll_back(client: FlaskClient, store: Store) -> None:
    rolling(store)
    answer = client.post(CANCEL)
    assert (answer.status_code, "roll back instead" in answer.json["detail"]) == (409, True)


def test_a_run_that_has_ended_is_409_and_one_that_is_cancelled_stays_so(client: FlaskClient, store: Store) -> None:
    finished(store)
    assert client.post(CANCEL).json["detail"] == "run r1 has ended already: succeeded"
    accepted(store, "r2")
    first, second = (client.post("/api/v1/runs/r2/cancel", json={"by": by}) for by in ("ada", "bob"))
    assert (first.status_code, second.status_code, second.json["reason"]) == (200, 200, "by ada")


def test_a_run_that_there_is_not_is_404(client: FlaskClient) -> None:
    assert client.post(CANCEL).status_code == 404


def test_the_holder_of_a_token_is_named_by_it(redis_url: str, store: Store) -> None:
    accepted(store)
    client = create_app(settings(redis_url), spec(), clock=lambda: NOW).test_client()
    answer = client.post(CANCEL, json={"by": "grace"}, headers=bearer(kept(store.redis, Scope.TRIGGER, "laptop")))
    assert answer.json["reason"] == "by grace (laptop)"
