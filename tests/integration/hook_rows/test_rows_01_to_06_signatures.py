"""Rows 1 to 6: what is no POST, and what is not signed as it must be; it leaves nothing behind, and none of it is a defect."""

import hashlib
import hmac
import json

import pytest
import requests

from pipeline.store import Store
from tests.hook import SECRET, signature
from tests.wire import BODY, SIGNED, Server, head, status

RIGHT = signature(BODY)
HEX = RIGHT.removeprefix("sha256=")
SHA1 = "sha1=" + hmac.new(SECRET.encode(), BODY, hashlib.sha1).hexdigest()
UNSIGNED = {name: value for name, value in SIGNED.items() if name != "X-Hub-Signature-256"}
JUNK = [b"sha256=\xc3\xa9" + b"0" * 62, b"sha256=" + b"\xff" * 64, b"sha256=" + b"%00" * 21 + b"0"]


def sent(server: Server, headers: dict[str, str], body: bytes = BODY) -> requests.Response:
    return requests.post(f"{server[0]}/hooks/github", body, headers=headers, timeout=15)


def refused(answer: requests.Response, store: Store) -> bool:
    """Whether it was refused in the words that all are refused in, and left neither a claim nor a run."""
    told = answer.json()["detail"] == "this request is not signed with a secret of any app"
    return (answer.status_code, told) == (401, True) and not store.runs() and not store.redis.keys("pushrail:claim*")


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH"])
def test_row_01_only_post_is_allowed(server: Server, method: str) -> None:
    answer = requests.request(method, f"{server[0]}/hooks/github", timeout=15)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")


def test_row_02_a_push_without_a_signature_is_401(server: Server, store: Store) -> None:
    assert refused(sent(server, UNSIGNED), store)


def test_row_03_sha_1_is_no_way_in(server: Server, store: Store) -> None:
    assert refused(sent(server, {**UNSIGNED, "X-Hub-Signature": SHA1}), store)


@pytest.mark.parametrize(
    "signed",
    ["sha256=" + "0" * 64, "sha256=" + HEX.upper(), RIGHT[:-1], RIGHT + "0", "sha256=", HEX, "sha256=x=" + HEX, "SHA256=" + HEX, SHA1],
)
def test_row_04_a_malformed_or_wrong_signature_is_401(server: Server, store: Store, signed: str) -> None:
    assert refused(sent(server, {**UNSIGNED, "X-Hub-Signature-256": signed}), store)


@pytest.mark.parametrize("signed", JUNK)
def test_row_05_bytes_that_are_no_ascii_are_401(server: Server, store: Store, signed: bytes) -> None:
    raw = head(f"Content-Length: {len(BODY)}").replace(RIGHT.encode(), signed)
    assert status(server, raw, BODY) == b"HTTP/1.1 401"
    assert store.runs() == []


def test_row_05_a_byte_that_no_header_may_hold_is_400(server: Server, store: Store) -> None:
    raw = head(f"Content-Length: {len(BODY)}").replace(RIGHT.encode(), b"sha256=\x00" + b"0" * 63)
    assert status(server, raw, BODY) == b"HTTP/1.1 400"
    assert store.runs() == []


@pytest.mark.parametrize("second", ["sha256=" + "0" * 64, RIGHT])
def test_row_05_two_signature_headers_are_401_though_one_is_right(server: Server, store: Store, second: str) -> None:
    raw = head(f"Content-Length: {len(BODY)}", f"X-Hub-Signature-256: {second}")
    assert status(server, raw, BODY) == b"HTTP/1.1 401"
    assert store.runs() == []


@pytest.mark.parametrize(
    "body", [BODY[:-1] + b" ", BODY + b"\n", BODY.replace(b"A", b"B", 1), json.dumps(json.loads(BODY), indent=1).encode()]
)
def test_row_06_a_changed_byte_or_another_serialisation_is_401(server: Server, store: Store, body: bytes) -> None:
    assert body != BODY
    assert refused(sent(server, SIGNED, body), store)
