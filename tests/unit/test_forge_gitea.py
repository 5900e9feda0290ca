"""Gitea's and Forgejo's events, from headers and bytes alone."""

import hashlib
import hmac
import json
from typing import Any
from urllib.parse import quote_plus

import pytest

from hook_server.forges import gitea
from hook_server.forges.request import Event, OtherEvent, Ping, Request
from hook_server.payload import FORM, JSON
from pipeline.delivery import Delivery
from pipeline.errors import BadSignature, BodyTooLarge, DeliveryRejected
from tests.hook import COMMIT, OLD_SECRET, ROSE_SECRET, SECRET, payload

GUID = "f6266f16-1bf3-46a5-9ea4-602e06ead473"
SECRETS = {"iris": (SECRET, OLD_SECRET), "rose": (ROSE_SECRET,)}
BODY = '{"zen": "⚖ & +"}'.encode()


def signature(body: bytes, secret: str = SECRET) -> str:
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def signed_by(header: str | None, body: bytes = BODY, mimetype: str = JSON) -> dict[str, int]:
    return gitea.signed_by(Request({} if header is None else {"x-gitea-signature": header}, mimetype, body, at=1000.0), SECRETS)


def said(event: str, body: Any, guid: str = GUID) -> Event:
    return gitea.read(Request({"x-gitea-event": event, "x-gitea-delivery": guid}, JSON, json.dumps(body).encode(), at=1000.0))


def read(name: str, event: str = "push", **changed: Any) -> Delivery:
    found = said(event, payload(name, "gitea", **changed))
    assert isinstance(found, Delivery)
    return found


def test_a_push_is_read() -> None:
    assert read("push") == Delivery(
        id=GUID,
        forge="gitea",
        event="push",
        repository="acme/iris",
        repository_id="140",
        ref="refs/heads/main",
        before="a10867b14bb761a232cd80139fbd4c0d33264240",
        commit=COMMIT,
        sender="ada",
        pusher="ada",
        message="Train on the cleaned petals\n\nThe old file had 3 rows twice.",
    )


@pytest.mark.parametrize("name", ["push", "forced", "branch_created"])
def test_a_push_to_a_branch_stands_for_its_commit_and_its_paths_are_not_certain(name: str) -> None:
    found = read(name)
    assert (found.ref, found.commit, found.deleted, found.changed) == ("refs/heads/main", COMMIT, False, None)


@pytest.mark.parametrize("name", ["tag", "annotated_tag"])
def test_a_tag_stands_for_the_commit_it_points_at(name: str) -> None:
    found = read(name)
    assert (found.ref, found.commit) == ("refs/tags/v1.2.0", COMMIT)


@pytest.mark.parametrize(
    ("name", "event", "ref"), [("branch_deleted", "delete", "refs/heads/main"), ("tag_deleted", "push", "refs/tags/v1.2.0")]
)
def test_a_deletion_is_read_from_either_event(name: str, event: str, ref: str) -> None:
    found = read(name, event)
    assert (found.event, found.ref, found.deleted, found.commit) == (event, ref, True, "0" * 40)


@pytest.mark.parametrize(("kind", "ref"), [("branch", "refs/heads/v1"), ("tag", "refs/tags/v1")])
def test_a_deletion_names_its_ref_in_short(kind: str, ref: str) -> None:
    assert read("branch_deleted", "delete", ref="v1", ref_type=kind).ref == ref
    assert read("branch_deleted", "delete", ref=ref, ref_type=kind).ref == ref


@pytest.mark.parametrize("commit", ["0" * 40, COMMIT])
def test_the_button_that_tests_a_hook_sends_a_push_that_moves_nothing(commit: str) -> None:
    assert said("push", payload("test", "gitea", before=commit, after=commit)) == Ping(GUID)


def test_an_empty_push_is_no_ping() -> None:
    with pytest.raises(DeliveryRejected):
        said("push", {})


@pytest.mark.parametrize("event", ["create", "pull_request", "__init__"])
def test_another_event_is_named_whatever_it_holds(event: str) -> None:
    assert said(event, payload("push", "gitea")) == OtherEvent(GUID, event)


def test_an_old_gitea_that_sends_no_head_commit_is_understood() -> None:
    assert read("push", head_commit=None).message == read("push").message


@pytest.mark.parametrize(
    ("event", "guid", "header"), [("", GUID, "X-Gitea-Event"), ("push\n", GUID, "X-Gitea-Event"), ("push", "a:b", "X-Gitea-Delivery")]
)
def test_a_missing_or_malformed_header_is_refused(event: str, guid: str, header: str) -> None:
    with pytest.raises(DeliveryRejected, match=header):
        said(event, {}, guid)


@pytest.mark.parametrize(
    ("event", "changed"),
    [
        ("push", {"ref": None}),
        ("push", {"ref": "main"}),
        ("push", {"after": "HEAD"}),
        ("push", {"after": COMMIT + "0"}),
        ("push", {"repository": None}),
        ("push", {"repository": {"full_name": 1}}),
        ("push", {"repository": {"full_name": "acme/iris", "id": "140"}}),
        ("push", {"head_commit": "none"}),
        ("push", {"commits": 3}),
        ("push", {"pusher": "ada"}),
        ("delete", {"ref": None}),
        ("delete", {"ref": "a b"}),
        ("delete", {"repository": []}),
    ],
    ids=lambda part: repr(part)[:40],
)
def test_a_missing_or_wrong_field_is_refused(event: str, changed: dict[str, Any]) -> None:
    with pytest.raises(DeliveryRejected) as refused:
        read("push", event, **changed)
    assert refused.value.status == 400


@pytest.mark.parametrize(("secret", "found"), [(SECRET, {"iris": 1}), (OLD_SECRET, {"iris": 2}), (ROSE_SECRET, {"rose": 1})])
def test_a_signature_names_the_apps_whose_secret_it_is(secret: str, found: dict[str, int]) -> None:
    assert signed_by(signature(BODY, secret)) == found


def test_of_a_form_the_json_within_is_signed() -> None:
    form = b"payload=" + quote_plus(BODY).encode()
    assert signed_by(signature(BODY), form, FORM) == {"iris": 1}
    with pytest.raises(BadSignature):
        signed_by(signature(form), form, FORM)


@pytest.mark.parametrize("form", [b"", b"load=1", b"payload=1&payload=2", b"payload=%ff"])
def test_a_form_without_one_payload_is_refused(form: bytes) -> None:
    with pytest.raises(DeliveryRejected) as refused:
        signed_by(signature(b""), form, FORM)
    assert refused.value.status == 400


def test_a_form_is_not_decoded_for_strangers_beyond_a_quarter_of_a_mebibyte() -> None:
    with pytest.raises(BodyTooLarge, match="application/json"):
        signed_by(signature(b""), b"payload=" + b"%41" * 100_000, FORM)


@pytest.mark.parametrize(
    "header", [None, "", "sha256=", "sha256=" + signature(BODY), signature(BODY).upper(), signature(BODY)[:-1], "0" * 64, "é" * 64]
)
def test_anything_but_the_right_signature_is_refused(header: str | None) -> None:
    with pytest.raises(BadSignature, match=r"^this request is not signed with a secret of any app$"):
        signed_by(header)
