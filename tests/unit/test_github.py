"""GitHub's requests, from headers and bytes alone."""

import hashlib
import hmac
import json
from typing import Any

import pytest

from hook_server import github
from hook_server.payload import FORM, JSON, check_type, parse
from pipeline.errors import BadSignature, DeliveryRejected, WrongContentType
from pipeline.model import Delivery
from tests.hook import COMMIT, OLD_SECRET, ROSE_SECRET, SECRET, payload, signature

SECRETS = {"iris": (SECRET, OLD_SECRET), "rose": (ROSE_SECRET,)}
GUID = "72d3162e-cc78-11e3-81ab-4c9367dc0958"
BODY = b'{"zen": "\xe2\x9a\x96"}'
RIGHT = signature(BODY)
HEX = RIGHT.removeprefix("sha256=")


def read(event: dict[str, Any]) -> Delivery:
    found = github.read("push", GUID, JSON, json.dumps(event).encode())
    assert isinstance(found, Delivery)
    return found


def pushed(*commits: Any, **changed: Any) -> tuple[str, ...] | None:
    return read(payload("push", commits=list(commits), **changed)).changed


def commit(**lists: list[str]) -> dict[str, list[str]]:
    return {"added": [], "removed": [], "modified": [], **lists}


def test_the_vendors_own_test_vector_is_accepted() -> None:
    vector = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    assert github.signed_by(vector, b"Hello, World!", {"app": ("It's a Secret to Everybody",)}) == {"app": 1}


@pytest.mark.parametrize(("secret", "found"), [(SECRET, {"iris": 1}), (OLD_SECRET, {"iris": 2}), (ROSE_SECRET, {"rose": 1})])
def test_a_signature_names_the_apps_whose_secret_it_is(secret: str, found: dict[str, int]) -> None:
    assert github.signed_by(signature(BODY, secret), BODY, SECRETS) == found


def test_one_secret_of_two_apps_signs_for_both() -> None:
    assert github.signed_by(RIGHT, BODY, {"iris": (SECRET,), "rose": (ROSE_SECRET, SECRET)}) == {"iris": 1, "rose": 2}


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "sha256=",
        HEX,
        "sha256=" + "0" * 64,
        "sha256=" + HEX.upper(),
        RIGHT[:-1],
        RIGHT + "0",
        RIGHT + "\n",
        " " + RIGHT,
        "sha256=x=" + HEX,
        "SHA256=" + HEX,
        "sha1=" + hmac.new(SECRET.encode(), BODY, hashlib.sha1).hexdigest(),
        RIGHT + "," + RIGHT,
        "sha256=" + "é" * 64,
        "sha256=" + "\x00" * 64,
        "sha256=" + "٣" * 64,
        signature(BODY, "a removed secret"),
        signature(BODY, ""),
    ],
)
def test_anything_but_the_right_signature_is_refused_in_the_same_words(header: str | None) -> None:
    with pytest.raises(BadSignature, match=r"^this request is not signed with a secret of any app$"):
        github.signed_by(header, BODY, SECRETS)


@pytest.mark.parametrize("body", [BODY[:-1], BODY + b"\n", BODY.replace(b" ", b""), json.dumps(json.loads(BODY)).encode()])
def test_one_changed_byte_or_another_serialisation_is_refused(body: bytes) -> None:
    with pytest.raises(BadSignature):
        github.signed_by(RIGHT, body, SECRETS)


@pytest.mark.parametrize("charset", ["", "utf-8", "UTF-8"])
@pytest.mark.parametrize("mimetype", [JSON, FORM])
def test_json_and_forms_in_utf8_are_read(mimetype: str, charset: str) -> None:
    check_type(mimetype, charset)


@pytest.mark.parametrize(
    ("mimetype", "charset", "encoding"),
    [("", "", ""), ("text/plain", "", ""), ("multipart/form-data", "", ""), (JSON, "utf-16", ""), (JSON, "", "gzip"), (JSON, "", "br")],
)
def test_other_content_types_are_refused(mimetype: str, charset: str, encoding: str) -> None:
    with pytest.raises(WrongContentType):
        check_type(mimetype, charset, encoding)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b'"x"',
        b"1",
        b'{"a": 1',
        b"{'a': 1}",
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b'{"a": ' + b"9" * 5000 + b"}",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"\xef\xbb\xbf{}",
        b'{"a": "\xff"}',
        '{"a": 1}'.encode("utf-16"),
    ],
    ids=lambda body: repr(body[:12]),
)
def test_what_is_no_json_object_in_utf8_is_refused(body: bytes) -> None:
    with pytest.raises(DeliveryRejected) as refused:
        parse(body, JSON)
    assert refused.value.status == 400


@pytest.mark.parametrize("body", [b"", b"a=1", b"payload=", b"payload={}&payload={}", b"payload=%ff", b"payload=\xff", b"&" * 50])
def test_a_form_without_exactly_one_readable_payload_is_refused(body: bytes) -> None:
    with pytest.raises(DeliveryRejected):
        parse(body, FORM)


def test_a_form_is_decoded_from_its_raw_bytes() -> None:
    assert parse(b"payload=%7B%22a%22%3A+%22%E2%9A%96%22%7D", FORM) == {"a": "⚖"}


@pytest.mark.parametrize("text", ['{"a": "⚖"}', '{"a": "\\u2696"}', '{\r\n"a": "⚖"\r\n}'])
def test_every_spelling_of_json_is_read(text: str) -> None:
    assert parse(text.encode(), JSON) == {"a": "⚖"}


def test_a_push_is_read() -> None:
    assert read(payload("push")) == Delivery(
        id=GUID,
        repository="acme/iris",
        ref="refs/heads/main",
        before="a10867b14bb761a232cd80139fbd4c0d33264240",
        commit=COMMIT,
        sender="ada",
        message="Train on the cleaned petals\n\nThe old file had 3 rows twice.",
        changed=("data/iris.csv", "data/old.csv", "train.py"),
    )


def test_a_ping_is_a_ping_whatever_it_holds() -> None:
    assert github.read("ping", GUID, JSON, json.dumps(payload("push")).encode()) == github.Ping(GUID)


@pytest.mark.parametrize("event", ["issues", "__init__", "push_"])
def test_another_event_is_named(event: str) -> None:
    assert github.read(event, GUID, JSON, b"{}") == github.OtherEvent(GUID, event)


@pytest.mark.parametrize("event", ["", "push\n", "Push", "../push", "push push", "p" * 65])
def test_a_missing_or_malformed_event_is_refused(event: str) -> None:
    with pytest.raises(DeliveryRejected, match="X-GitHub-Event"):
        github.read(event, GUID, JSON, b"{}")


@pytest.mark.parametrize("guid", ["", "../x", "a:b", "a" * 10_000, GUID + "\n", "ä"])
def test_a_missing_or_malformed_delivery_id_is_refused(guid: str) -> None:
    with pytest.raises(DeliveryRejected, match="X-GitHub-Delivery"):
        github.read("push", guid, JSON, b"{}")


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


def test_a_deleted_branch_is_read_although_it_has_no_head_commit() -> None:
    assert read(payload("branch_deleted")).deleted


def test_zeros_mean_deleted_even_when_the_flag_is_missing() -> None:
    assert read(payload("branch_deleted", deleted=False)).deleted


def test_an_annotated_tag_stands_for_the_commit_it_points_at() -> None:
    assert read(payload("annotated_tag")).commit == COMMIT


def test_a_tag_without_a_head_commit_is_read() -> None:
    assert read(payload("annotated_tag", head_commit=None)).commit == "940bd336248efae0f9ee5bc7b2d5c985887b16ac"


def test_a_lone_surrogate_does_not_travel_on() -> None:
    event = payload("push", head_commit={"id": COMMIT, "message": "caf\ud800e"})
    assert read(event).message.encode() == b"caf?e"


def test_paths_of_every_commit_count() -> None:
    assert pushed(commit(added=["b"]), commit(removed=["a"], modified=["c"])) == ("a", "b", "c")


@pytest.mark.parametrize(
    "event",
    [
        {"commits": []},
        {"commits": [commit()]},
        {"commits": [{}]},
        {"commits": [commit(added=["a"]), commit()]},
        {"commits": [commit(added=["a"])], "created": True},
        {"commits": [commit(added=["a"])], "forced": True},
        {"commits": [commit(added=["a"])] * 2048},
        {"commits": [commit(added=[str(number) for number in range(2999)], modified=["x"])]},
    ],
    ids=["no commits", "no paths", "no lists", "one commit without paths", "created", "forced", "2048 commits", "3000 files"],
)
def test_paths_that_are_not_certain_are_unknown(event: dict[str, Any]) -> None:
    assert read(payload("push", **event)).changed is None


def test_lists_just_under_githubs_limits_are_complete() -> None:
    assert pushed(*[commit(added=["a"])] * 2047) == ("a",)
    assert len(pushed(commit(added=[str(number) for number in range(2999)])) or ()) == 2999
