"""Rows 14 to 17: fields that are missing or wrong, pings, other events, ids of deliveries, from each forge."""

from typing import Any

import pytest

from pipeline.store import Store
from tests.forges import PUSH, outcomes, reason, send
from tests.hook import payload
from tests.wire import Server

FORGES = pytest.mark.parametrize("forge", PUSH)
EVENT = {"github": "X-GitHub-Event", "gitlab": "X-Gitlab-Event", "gitea": "X-Gitea-Event"}
DELIVERY = {"github": "X-GitHub-Delivery", "gitlab": "Idempotency-Key", "gitea": "X-Gitea-Delivery"}
OTHER = {"github": "issues", "gitlab": "Issue Hook", "gitea": "create"}
MISSING = object()


@FORGES
@pytest.mark.parametrize("field", ["ref", "after", "repository"])
@pytest.mark.parametrize("value", [MISSING, None, [], 3, {}, "x"], ids=["missing", "null", "list", "number", "object", "text"])
def test_row_14_a_push_without_a_field_it_must_have_is_400(server: Server, store: Store, forge: str, field: str, value: Any) -> None:
    field = "project" if (forge, field) == ("gitlab", "repository") else field
    body = {**payload("push", forge), field: value}
    answer = send(server, forge, {key: part for key, part in body.items() if part is not MISSING})
    assert answer.status_code == 400
    assert store.runs() == []


@FORGES
def test_row_14_commits_of_another_type_are_400(server: Server, forge: str) -> None:
    assert send(server, forge, payload("push", forge, commits="many")).status_code == 400


def test_row_14_a_head_commit_may_be_null_only_when_there_is_none(server: Server) -> None:
    assert send(server, "github", payload("push", head_commit=None)).status_code == 400
    assert "deleted" in reason(send(server, "github", payload("branch_deleted", head_commit=None), delivery="d2"))


@pytest.mark.parametrize(("forge", "event", "body"), [("github", "ping", "ping"), ("github", "ping", "push"), ("gitea", "push", "test")])
def test_row_15_a_ping_is_answered_and_starts_nothing(server: Server, store: Store, forge: str, event: str, body: str) -> None:
    answer = send(server, forge, payload(body, forge), event=event)
    assert (answer.status_code, outcomes(answer)) == (200, [("iris", "pong")])
    assert store.runs() == []


@FORGES
def test_row_15_a_ping_that_nobody_signed_is_401(server: Server, store: Store, forge: str) -> None:
    assert send(server, forge, payload("push", forge), event="ping", secret="the attacker's").status_code == 401
    assert store.redis.keys("*run*") == []


@FORGES
@pytest.mark.parametrize("event", [None, "push!", "../push", "p" * 65])
def test_row_16_a_missing_or_malformed_event_is_400(server: Server, store: Store, forge: str, event: str | None) -> None:
    assert send(server, forge, payload("push", forge), also={EVENT[forge]: event}).status_code == 400
    assert store.runs() == []


@pytest.mark.parametrize(("forge", "event"), [*OTHER.items(), ("github", "__init__"), ("gitea", "__init__")])
def test_row_16_a_signed_event_of_another_kind_is_ignored_whatever_it_holds(server: Server, store: Store, forge: str, event: str) -> None:
    answer = send(server, forge, payload("push", forge), event=event)
    assert reason(answer) == f"the event {event} starts nothing"
    assert store.runs() == []


@FORGES
@pytest.mark.parametrize("delivery", [None, "../x", "a:b", "a" * 5000, "ä".encode().decode("latin-1")], ids=repr)
def test_row_17_a_missing_or_malformed_delivery_id_is_400(server: Server, store: Store, forge: str, delivery: str | None) -> None:
    assert send(server, forge, payload("push", forge), also={DELIVERY[forge]: delivery}).status_code == 400
    assert store.runs() == []
