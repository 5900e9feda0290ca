"""Signatures by the Standard Webhooks specification."""

import base64
import hashlib
import hmac

import pytest

from hook_server.forges import standard_webhooks
from hook_server.forges.request import Request
from hook_server.payload import JSON
from pipeline.errors import BadSignature

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER = "whsec_" + base64.b64encode(b"another key, 32 bytes in length.").decode()
BODY = b'{"test": 2432232314}'
SENT_AT = 1614265330
RIGHT = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def signed_by(
    signature: str | None = RIGHT,
    secrets: tuple[str, ...] = (SECRET,),
    *,
    name: str = "msg_p5jXN8AQM9LWM0D4loKWxJek",
    sent_at: str = str(SENT_AT),
    at: float = SENT_AT,
    body: bytes = BODY,
) -> dict[str, int]:
    sent = {"webhook-id": name, "webhook-timestamp": sent_at, "webhook-signature": signature}
    headers = {key: value for key, value in sent.items() if value is not None}
    return standard_webhooks.signed_by(Request(headers, JSON, body, at), {"iris": secrets})


def reason(**changed: object) -> str:
    with pytest.raises(BadSignature, match=r"^this request is not signed with a secret of any app$") as refused:
        signed_by(**changed)  # type: ignore[arg-type]
    return refused.value.reason


def test_the_test_vector_of_the_reference_libraries_is_accepted() -> None:
    assert signed_by() == {"iris": 1}


@pytest.mark.parametrize("signature", [f"v1,AAAA {RIGHT}", f"{RIGHT} v2,zzz", f"v1a,x {RIGHT} v1,x"])
def test_one_of_several_signatures_is_enough(signature: str) -> None:
    assert signed_by(signature) == {"iris": 1}


@pytest.mark.parametrize(("secrets", "position"), [((OTHER, SECRET), 2), ((SECRET, OTHER), 1), ((SECRET.rstrip("=") + "=",), 1)])
def test_any_secret_of_an_app_counts_and_which_it_was_is_told(secrets: tuple[str, ...], position: int) -> None:
    assert signed_by(secrets=secrets) == {"iris": position}


@pytest.mark.parametrize("seconds", [-300, 0, 300])
def test_clocks_may_be_five_minutes_apart(seconds: int) -> None:
    assert signed_by(at=SENT_AT + seconds) == {"iris": 1}


@pytest.mark.parametrize("seconds", [-301, 301, 1e9])
def test_an_older_or_a_later_signature_is_stale(seconds: float) -> None:
    assert reason(at=SENT_AT + seconds) == "stale"


@pytest.mark.parametrize("changed", [{"signature": None}, {"sent_at": ""}, {"name": ""}])
def test_all_three_headers_must_be_there(changed: dict[str, object]) -> None:
    assert reason(**changed) == "missing"


@pytest.mark.parametrize(
    "changed",
    [
        {"signature": "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="},
        {"signature": RIGHT.replace("v1", "v2")},
        {"signature": RIGHT + "\n"},
        {"signature": "v1,é"},
        {"sent_at": f"{SENT_AT}.0"},
        {"sent_at": "-1"},
        {"sent_at": "٣"},
        {"sent_at": "9" * 5000},
        {"name": "a.b"},
        {"name": "a:b"},
        {"name": "m" * 65},
    ],
)
def test_what_no_sender_would_write_is_malformed(changed: dict[str, object]) -> None:
    assert reason(**changed) == "malformed"


@pytest.mark.parametrize(
    "changed",
    [
        {"signature": RIGHT.replace("g0", "g1")},
        {"signature": f"{RIGHT},{RIGHT}"},
        {"signature": "v1,"},
        {"body": BODY + b" "},
        {"name": "msg_other"},
        {"sent_at": str(SENT_AT + 1)},
        {"secrets": (OTHER,)},
        {"secrets": ("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",)},
        {"secrets": ("whsec_é",)},
        {"secrets": ("whsec_AAAAA",)},
        {"secrets": ("a secret token",)},
    ],
)
def test_any_other_signature_is_wrong(changed: dict[str, object]) -> None:
    assert reason(**changed) == "wrong"


@pytest.mark.parametrize("secret", ["whsec_", "whsec_====", "whsec_AAAA", "", "a secret token"])
def test_nobody_can_sign_with_an_empty_or_a_short_key(secret: str) -> None:
    for key in (b"", b"\x00\x00\x00"):
        digest = hmac.new(key, f"m.{SENT_AT}.".encode() + BODY, hashlib.sha256).digest()
        assert reason(signature="v1," + base64.b64encode(digest).decode(), name="m", secrets=(secret,)) == "wrong"
