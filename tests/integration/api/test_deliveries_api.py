"""``/api/v1/deliveries`` from the outside."""

from collections.abc import Mapping
from typing import Any

import pytest
from flask.testing import FlaskClient

from hook_server import create_app
from pipeline.model import Trigger
from pipeline.store import Store
from tests.hook import BEARER, COMMIT, OLD_SECRET, ROSE_SECRET, SECRET, SPEC_TEXT, deliver, payload, settings, spec

PUSH = payload("push")
SKIPPED = payload("push", head_commit={"id": COMMIT, "message": "Fix a typo [skip ci]"})
SPEC_NEXT = SPEC_TEXT.replace("branch: main", "branch: next")
LIST = "/api/v1/deliveries"


def listed(client: FlaskClient, **asked: Any) -> list[dict[str, Any]]:
    answer = client.get(LIST, query_string=asked)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json["deliveries"]
    return found


def redelivered(client: FlaskClient, entry: Mapping[str, Any], **wish: str) -> dict[str, Any]:
    answer = client.post(entry["links"]["redeliver"], json=wish)
    assert answer.status_code == 202, answer.text
    told: dict[str, Any] = answer.json
    return told


def another(redis_url: str, text: str = SPEC_TEXT, **changed: str) -> FlaskClient:
    """A server with another configuration over the same Redis."""
    client = create_app(settings(redis_url, **changed), spec(text)).test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = BEARER["Authorization"]
    return client


def test_a_delivery_is_told_with_what_came_of_it(client: FlaskClient) -> None:
    run = deliver(client, PUSH, secret=OLD_SECRET).json["outcomes"][0]["run"]
    (told,) = listed(client)
    assert (told["forge"], told["event"], told["delivery"]) == ("github", "push", "72d3162e-cc78-11e3-81ab-4c9367dc0958")
    assert told["signed_by"] == {"iris": 2}
    assert (told["push"]["commit"], told["push"]["sender"], told["push"]["changed"][0]) == (COMMIT, "ada", "data/iris.csv")
    assert told["outcomes"] == [{"app": "iris", "outcome": "accepted", "run": run, "reason": ""}]
    assert client.get(told["links"]["self"]).json == told
    assert client.get(f"/api/v1/runs/{run}").json["entry"] == told["id"]


def test_every_signed_request_is_told_newest_first(client: FlaskClient) -> None:
    for event, body in (("ping", payload("ping")), ("issues", {}), ("push", PUSH), ("push", PUSH), ("push", {})):
        deliver(client, body, event=event)
    assert [told["outcomes"][0]["outcome"] for told in listed(client)] == ["failed", "duplicate", "accepted", "ignored", "pong"]


def test_a_request_that_is_not_signed_is_not_among_them(client: FlaskClient) -> None:
    deliver(client, PUSH, secret="the attacker's")
    assert listed(client) == []


def test_deliveries_are_found_by_app_and_outcome(client: FlaskClient) -> None:
    deliver(client, PUSH)
    deliver(client, PUSH, secret=ROSE_SECRET, delivery="d2")
    assert [told["delivery"] for told in listed(client, app="rose")] == ["d2"]
    assert [told["delivery"] for told in listed(client, outcome="ignored")] == ["d2"]
    assert listed(client, app="rose", outcome="accepted") == []


def test_pages_follow_each_other(client: FlaskClient) -> None:
    for number in range(5):
        deliver(client, b"{}", event="issues", delivery=f"d{number}")
    first = client.get(LIST, query_string={"limit": 3}).json
    second = client.get(LIST, query_string={"limit": 3, "cursor": first["next"]}).json
    assert [told["delivery"] for told in first["deliveries"] + second["deliveries"]] == ["d4", "d3", "d2", "d1", "d0"]
    assert second["next"] is None


@pytest.mark.parametrize(
    "asked", [{"outcome": "lost"}, {"cursor": "x"}, {"cursor": "0-0"}, {"app": "a b"}, {"limit": "0"}, {"repository": "x"}]
)
def test_what_cannot_be_asked_for_is_400(client: FlaskClient, asked: dict[str, str]) -> None:
    assert client.get(LIST, query_string=asked).status_code == 400


@pytest.mark.parametrize(("entry", "status"), [("5-0", 404), ("r1", 400), ("0-0", 400), ("9" * 20, 400)])
def test_a_delivery_that_is_not_there_is_told_so(client: FlaskClient, entry: str, status: int) -> None:
    assert client.get(f"{LIST}/{entry}").status_code == status
    assert client.post(f"{LIST}/{entry}/redeliver").status_code == status


def test_a_delivery_goes_through_once_more_although_its_message_says_skip(client: FlaskClient, store: Store) -> None:
    deliver(client, SKIPPED)
    (first,) = listed(client)
    again = redelivered(client, first, reason="it was needed\nafter all")
    assert (again["redelivers"], again["requested_by"], again["reason"]) == (first["id"], "PUSHRAIL_API_TOKEN", "it was needed")
    run = store.run(again["outcomes"][0]["run"])
    assert run is not None
    assert (run.trigger, run.commit, run.pinned, run.entry) == (Trigger.REDELIVERY, COMMIT, True, again["id"])
    assert listed(client) == [again, first]


def test_a_delivery_that_was_accepted_goes_through_once_more(client: FlaskClient, store: Store) -> None:
    deliver(client, PUSH)
    again = redelivered(client, listed(client)[0])
    assert again["outcomes"][0]["outcome"] == "accepted"
    assert len(store.runs()) == 2


def test_a_redelivery_can_be_redelivered(client: FlaskClient) -> None:
    deliver(client, PUSH)
    first = redelivered(client, listed(client)[0])
    assert redelivered(client, first)["redelivers"] == first["id"]


def test_what_redis_could_not_take_goes_through_when_it_is_back(client: FlaskClient, store: Store) -> None:
    store.redis.config_set("maxmemory", "1")
    try:
        assert deliver(client, PUSH).status_code == 503
    finally:
        store.redis.config_set("maxmemory", "0")
    (failed,) = listed(client)
    assert failed["outcomes"][0]["outcome"] == "failed"
    assert redelivered(client, failed)["outcomes"][0]["outcome"] == "accepted"


def test_pipeline_yaml_as_it_is_now_decides(client: FlaskClient, redis_url: str) -> None:
    deliver(client, PUSH)
    (outcome,) = redelivered(another(redis_url, SPEC_NEXT), listed(client)[0])["outcomes"]
    assert (outcome["outcome"], "refs/heads/next" in outcome["reason"]) == ("ignored", True)


def test_only_the_apps_whose_secret_signed_the_delivery_are_addressed(client: FlaskClient, redis_url: str) -> None:
    deliver(client, payload("push", commits=[]))
    shared = another(redis_url, ROSE_SECRET=SECRET)
    assert [outcome["app"] for outcome in redelivered(shared, listed(client)[0])["outcomes"]] == ["iris"]


def test_the_same_key_starts_nothing_a_second_time(client: FlaskClient, store: Store) -> None:
    deliver(client, SKIPPED)
    address = listed(client)[0]["links"]["redeliver"]
    first, second = (client.post(address, headers={"Idempotency-Key": "k"}).json["outcomes"][0] for _ in range(2))
    assert (first["outcome"], second["outcome"], second["run"]) == ("accepted", "duplicate", first["run"])
    assert len(store.runs()) == 1


@pytest.mark.parametrize(("event", "body"), [("ping", b"{}"), ("issues", b"{}"), ("push", b"{}")])
def test_what_is_no_push_does_not_go_through_once_more(client: FlaskClient, event: str, body: bytes) -> None:
    deliver(client, body, event=event)
    assert client.post(listed(client)[0]["links"]["redeliver"]).status_code == 409
