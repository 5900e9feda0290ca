"""GitHub's events, from headers and bytes alone."""

from typing import Any

import pytest

from hook_server.forges.request import OtherEvent, Ping
from pipeline.delivery import Delivery
from pipeline.errors import DeliveryRejected
from tests.hook import COMMIT, payload
from tests.unit.github_events import GUID, read, said


def test_a_push_is_read() -> None:
    assert read(payload("push")) == Delivery(
        id=GUID,
        forge="github",
        event="push",
        repository="acme/iris",
        repository_id="186853002",
        ref="refs/heads/main",
        before="a10867b14bb761a232cd80139fbd4c0d33264240",
        commit=COMMIT,
        sender="ada",
        pusher="ada",
        message="Train on the cleaned petals\n\nThe old file had 3 rows twice.",
        changed=("data/iris.csv", "data/old.csv", "train.py"),
    )


def test_a_ping_is_a_ping_whatever_it_holds() -> None:
    assert said("ping", body=payload("push")) == Ping(GUID)


@pytest.mark.parametrize(
    ("events", "told"), [(["push"], False), (["*"], False), (["issues", "pull_request"], True), ([], True), ("push", False)]
)
def test_a_ping_of_a_hook_that_sends_no_pushes_says_so(events: object, told: bool) -> None:
    found = said("ping", body=payload("ping", hook={"events": events}))
    assert isinstance(found, Ping)
    assert ("does not send pushes" in found.remark) is told


@pytest.mark.parametrize("event", ["issues", "__init__", "push_"])
def test_another_event_is_named(event: str) -> None:
    assert said(event) == OtherEvent(GUID, event)


@pytest.mark.parametrize("event", ["", "push\n", "Push", "../push", "push push", "p" * 65])
def test_a_missing_or_malformed_event_is_refused(event: str) -> None:
    with pytest.raises(DeliveryRejected, match="X-GitHub-Event"):
        said(event)


@pytest.mark.parametrize("guid", ["", "../x", "a:b", "a" * 10_000, GUID + "\n", "ä"])
def test_a_missing_or_malformed_delivery_id_is_refused(guid: str) -> None:
    with pytest.raises(DeliveryRejected, match="X-GitHub-Delivery"):
        said("push", guid)


@pytest.mark.parametrize(
    "changed",
    [
        {"ref": None},
        {"ref": ["refs/heads/main"]},
        {"ref": "main"},
        {"ref": "refs/heads/a\nb"},
        {"ref": "refs/heads/a b"},
        {"ref": "refs/heads/\x7f"},
        {"ref": "refs/heads/\ud800"},
        {"ref": "refs/heads/" + "a" * 2000},
        {"after": None},
        {"after": 7},
        {"after": "HEAD"},
        {"after": "--help"},
        {"after": COMMIT[:7]},
        {"after": COMMIT + "0"},
        {"after": COMMIT.upper()},
        {"after": COMMIT + "\n"},
        {"repository": None},
        {"repository": "acme/iris"},
        {"repository": {}},
        {"repository": {"full_name": ["acme/iris"]}},
        {"repository": {"full_name": "acme/iris", "id": "7"}},
        {"repository": {"full_name": "acme/iris", "id": True}},
        {"commits": "many"},
        {"commits": ["one"]},
        {"commits": [{"added": "a.py"}]},
        {"commits": [{"added": [1]}]},
        {"head_commit": None},
        {"head_commit": "none"},
        {"head_commit": {"message": 1}},
        {"head_commit": {}},
        {"deleted": "no"},
        {"forced": 0},
        {"created": "yes"},
        {"sender": "ada"},
        {"sender": {"login": 1}},
    ],
    ids=lambda changed: repr(changed)[:40],
)
def test_a_push_with_a_missing_or_wrong_field_is_refused(changed: dict[str, Any]) -> None:
    event = {key: value for key, value in payload("push", **changed).items() if value is not None or key == "head_commit"}
    with pytest.raises(DeliveryRejected) as refused:
        read(event)
    assert refused.value.status == 400


@pytest.mark.parametrize("missing", ["ref", "after", "repository", "head_commit"])
def test_an_empty_object_is_no_push(missing: str) -> None:
    event = payload("push")
    del event[missing]
    with pytest.raises(DeliveryRejected, match=missing):
        read(event)


def test_sha256_repositories_are_read() -> None:
    assert read(payload("push", after="a" * 64)).commit == "a" * 64


@pytest.mark.parametrize(
    ("name", "ref", "forced"),
    [
        ("push", "refs/heads/main", False),
        ("forced", "refs/heads/main", True),
        ("branch_created", "refs/heads/main", False),
        ("tag", "refs/tags/v1.2.0", False),
        ("annotated_tag", "refs/tags/v1.2.0", False),
    ],
)
def test_a_push_stands_for_a_commit_of_its_ref(name: str, ref: str, forced: bool) -> None:
    found = read(payload(name))
    assert (found.ref, found.commit, found.forced, found.deleted) == (ref, COMMIT, forced, False)


@pytest.mark.parametrize("name", ["branch_deleted", "tag_deleted"])
def test_a_deleted_ref_is_read_although_it_has_no_head_commit(name: str) -> None:
    assert read(payload(name)).deleted


def test_zeros_mean_deleted_even_when_the_flag_is_missing() -> None:
    assert read(payload("branch_deleted", deleted=False)).deleted


def test_a_tag_without_a_head_commit_is_read() -> None:
    assert read(payload("annotated_tag", head_commit=None)).commit == "940bd336248efae0f9ee5bc7b2d5c985887b16ac"


def test_a_lone_surrogate_does_not_travel_on() -> None:
    event = payload("push", head_commit={"id": COMMIT, "message": "caf\ud800e"})
    assert read(event).message.encode() == b"caf?e"
