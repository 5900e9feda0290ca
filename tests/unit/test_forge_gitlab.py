"""GitLab's events, from headers and bytes alone."""

import json
from typing import Any

import pytest

from hook_server.forges import gitlab
from hook_server.forges.request import Event, OtherEvent, Request
from hook_server.payload import JSON
from pipeline.delivery import Delivery
from pipeline.errors import BadSignature, DeliveryRejected
from tests.hook import COMMIT, payload

KEY = "908a6d9e-45fd-46c8-97e6-c4f350f219dd"
TOKEN = "a token that GitLab sends in the clear"
SIGNING = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
ZEROS = "0" * 40


def said(event: str, body: Any, **headers: str) -> Event:
    sent = {"x-gitlab-event": event, "idempotency-key": KEY, **{name.replace("_", "-"): value for name, value in headers.items()}}
    return gitlab.read(Request(sent, JSON, json.dumps(body).encode(), at=1000.0))


def read(name: str, event: str = "Push Hook", **changed: Any) -> Delivery:
    found = said(event, payload(name, "gitlab", **changed))
    assert isinstance(found, Delivery)
    return found


def signed_by(secrets: dict[str, tuple[str, ...]], **headers: str) -> dict[str, int]:
    return gitlab.signed_by(Request({name.replace("_", "-"): value for name, value in headers.items()}, JSON, b"{}", at=1000.0), secrets)


def test_a_push_is_read() -> None:
    assert read("push") == Delivery(
        id=KEY,
        forge="gitlab",
        event="Push Hook",
        repository="acme/iris",
        repository_id="15",
        ref="refs/heads/main",
        before="a10867b14bb761a232cd80139fbd4c0d33264240",
        commit=COMMIT,
        sender="ada",
        message="Train on the cleaned petals\n\nThe old file had 3 rows twice.",
    )


@pytest.mark.parametrize("name", ["push", "forced", "branch_created", "test"])
def test_a_push_to_a_branch_stands_for_its_commit(name: str) -> None:
    found = read(name)
    assert (found.ref, found.commit, found.deleted) == ("refs/heads/main", COMMIT, False)


@pytest.mark.parametrize(("name", "message"), [("tag", ""), ("annotated_tag", "The first that knows irises apart")])
def test_a_tag_stands_for_the_commit_it_points_at(name: str, message: str) -> None:
    found = read(name, "Tag Push Hook")
    assert (found.event, found.ref, found.commit, found.message) == ("Tag Push Hook", "refs/tags/v1.2.0", COMMIT, message)


@pytest.mark.parametrize(("name", "event"), [("branch_deleted", "Push Hook"), ("tag_deleted", "Tag Push Hook")])
def test_zeros_mean_deleted(name: str, event: str) -> None:
    found = read(name, event)
    assert (found.deleted, found.commit) == (True, ZEROS)


@pytest.mark.parametrize("name", ["push", "forced", "branch_created", "system_push"])
def test_paths_are_never_certain_since_a_forced_push_looks_like_any_other(name: str) -> None:
    assert read(name).changed is None


def test_a_system_hook_is_read_by_what_its_body_says() -> None:
    assert read("system_push", "System Hook").commit == COMMIT
    assert said("System Hook", {"event_name": "project_create", "project_id": 15}) == OtherEvent(KEY, "System Hook")


@pytest.mark.parametrize("event", ["Issue Hook", "Feature Flag Hook", "Pipeline Hook"])
def test_another_event_is_named_whatever_it_holds(event: str) -> None:
    assert said(event, payload("push", "gitlab")) == OtherEvent(KEY, event)


def test_the_message_is_that_of_the_commit_the_branch_is_at_in_whatever_order_they_are_listed() -> None:
    commits = payload("push", "gitlab")["commits"]
    assert read("push", commits=commits[::-1]).message == read("push").message


def test_a_project_in_a_group_of_a_group_has_its_whole_path_for_a_name() -> None:
    project = {**payload("push", "gitlab")["project"], "path_with_namespace": "acme/ml/iris"}
    assert read("push", project=project).repository == "acme/ml/iris"


@pytest.mark.parametrize(
    ("headers", "found"),
    [
        ({"webhook_id": "msg_1", "x_gitlab_event_uuid": "u1"}, "msg_1"),
        ({"x_gitlab_event_uuid": "u1", "x_gitlab_webhook_uuid": "w1"}, KEY),
    ],
)
def test_a_delivery_has_the_id_that_stays_when_it_is_sent_again(headers: dict[str, str], found: str) -> None:
    assert said("Push Hook", payload("push", "gitlab"), **headers).id == found


def test_an_old_gitlab_without_idempotency_key_names_the_event() -> None:
    request = Request({"x-gitlab-event": "Issue Hook", "x-gitlab-event-uuid": "u1"}, JSON, b"{}", at=1000.0)
    assert gitlab.read(request) == OtherEvent("u1", "Issue Hook")


@pytest.mark.parametrize("key", ["../x", "a:b", "a" * 10_000, KEY + "\n", "ä", ""])
def test_a_malformed_delivery_id_is_refused(key: str) -> None:
    with pytest.raises(DeliveryRejected, match="Idempotency-Key"):
        said("Push Hook", {}, idempotency_key=key)


def test_a_missing_delivery_id_is_refused() -> None:
    with pytest.raises(DeliveryRejected, match="Idempotency-Key"):
        gitlab.read(Request({"x-gitlab-event": "Push Hook"}, JSON, b"{}", at=1000.0))


@pytest.mark.parametrize("event", ["", "Push\nHook", "Push Hook\n", "__init__", "P" * 65])
def test_a_missing_or_malformed_event_is_refused(event: str) -> None:
    with pytest.raises(DeliveryRejected, match="X-Gitlab-Event"):
        said(event, {})


@pytest.mark.parametrize(
    "changed",
    [
        {"ref": None},
        {"ref": "main"},
        {"after": None},
        {"after": "HEAD"},
        {"after": COMMIT[:7]},
        {"checkout_sha": "--help"},
        {"checkout_sha": 7},
        {"project": None},
        {"project": {}},
        {"project": {"path_with_namespace": 1}},
        {"project_id": "15"},
        {"commits": "many"},
        {"user_username": 1},
    ],
    ids=lambda changed: repr(changed)[:40],
)
def test_a_push_with_a_missing_or_wrong_field_is_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(DeliveryRejected) as refused:
        read("push", **changed)
    assert refused.value.status == 400


@pytest.mark.parametrize(
    ("secrets", "found"),
    [
        ({"iris": (TOKEN,)}, {"iris": 1}),
        ({"iris": ("new", TOKEN), "rose": ("rose",)}, {"iris": 2}),
        ({"iris": (TOKEN,), "rose": (TOKEN,)}, {"iris": 1, "rose": 1}),
    ],
)
def test_a_secret_token_names_the_apps_it_belongs_to(secrets: dict[str, tuple[str, ...]], found: dict[str, int]) -> None:
    assert signed_by(secrets, x_gitlab_token=TOKEN) == found


def test_a_secret_token_may_hold_any_letter() -> None:
    assert signed_by({"iris": ("schlüssel",)}, x_gitlab_token="schlüssel".encode().decode("latin-1")) == {"iris": 1}


@pytest.mark.parametrize("token", ["", TOKEN[:-1], TOKEN + "x", TOKEN.upper(), f"{TOKEN},{TOKEN}", "é", "\x00", "x" * 2000])
def test_anything_but_the_secret_token_is_refused(token: str) -> None:
    with pytest.raises(BadSignature, match=r"^this request is not signed with a secret of any app$"):
        signed_by({"iris": (TOKEN,)}, x_gitlab_token=token)


def test_a_signing_token_is_no_secret_token() -> None:
    with pytest.raises(BadSignature):
        signed_by({"iris": (SIGNING,)}, x_gitlab_token=SIGNING)


def test_a_signature_that_is_wrong_is_not_made_up_for_by_the_token() -> None:
    headers = {"webhook_id": "m", "webhook_timestamp": "1000", "webhook_signature": "v1,AAAA"}
    with pytest.raises(BadSignature):
        signed_by({"iris": (TOKEN, SIGNING)}, x_gitlab_token=TOKEN, **headers)
