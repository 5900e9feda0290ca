"""Whose secret signed a request."""

import hashlib
import hmac
import json

import pytest

from hook_server.forges import github
from hook_server.forges.request import Request
from hook_server.payload import JSON
from pipeline.errors import BadSignature
from tests.hook import OLD_SECRET, ROSE_SECRET, SECRET, signature

SECRETS = {"iris": (SECRET, OLD_SECRET), "rose": (ROSE_SECRET,)}
BODY = b'{"zen": "\xe2\x9a\x96"}'
RIGHT = signature(BODY)
HEX = RIGHT.removeprefix("sha256=")


def signed_by(header: str | None, body: bytes, secrets: dict[str, tuple[str, ...]]) -> dict[str, int]:
    headers = {} if header is None else {"x-hub-signature-256": header}
    return github.signed_by(Request(headers, JSON, body, at=1000.0), secrets)


def test_the_vendors_own_test_vector_is_accepted() -> None:
    vector = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    assert signed_by(vector, b"Hello, World!", {"app": ("It's a Secret to Everybody",)}) == {"app": 1}


@pytest.mark.parametrize(("secret", "found"), [(SECRET, {"iris": 1}), (OLD_SECRET, {"iris": 2}), (ROSE_SECRET, {"rose": 1})])
def test_a_signature_names_the_apps_whose_secret_it_is(secret: str, found: dict[str, int]) -> None:
    assert signed_by(signature(BODY, secret), BODY, SECRETS) == found


def test_one_secret_of_two_apps_signs_for_both() -> None:
    assert signed_by(RIGHT, BODY, {"iris": (SECRET,), "rose": (ROSE_SECRET, SECRET)}) == {"iris": 1, "rose": 2}


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
        signed_by(header, BODY, SECRETS)


@pytest.mark.parametrize("body", [BODY[:-1], BODY + b"\n", BODY.replace(b" ", b""), json.dumps(json.loads(BODY)).encode()])
def test_one_changed_byte_or_another_serialisation_is_refused(body: bytes) -> None:
    with pytest.raises(BadSignature):
        signed_by(RIGHT, body, SECRETS)
