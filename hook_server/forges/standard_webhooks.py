"""Standard Webhooks: a signature over id, time and body, so that a captured request is worth nothing after five minutes.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import base64
import binascii
import hashlib
import hmac
import re

from hook_server.forges.request import ID, Request
from hook_server.forges.signers import Secrets, presented, same, signers
from pipeline.errors import BadSignature

PREFIX = "whsec_"
"""What a secret begins with; the key follows it in base64."""

TOLERANCE = 5 * 60
"""Seconds that the sender's clock and ours may differ, the way of the request included."""

_LEAST_KEY = 24
"""Bytes; the specification allows no shorter key, and with an empty one anybody could sign."""


def signed_by(request: Request, secrets: Secrets) -> dict[str, int]:
    """Find the apps one of whose ``whsec_`` secrets signed this request, by one of the signatures in ``webhook-signature``.

    Raises:
        BadSignature: none did, or the signature is older than five minutes.
    """
    signatures = presented(request, "webhook-signature", r"(?=.*\bv1,)[!-~]+( [!-~]+)*")[0].split(" ")
    sent_at = presented(request, "webhook-timestamp", r"[0-9]{1,12}")[0]
    head = f"{presented(request, 'webhook-id', ID)[0]}.{sent_at}."
    if abs(request.at - int(sent_at)) > TOLERANCE:
        raise BadSignature("stale")
    return signers(secrets, lambda secret: _signed(signatures, head.encode(), request.body, secret))


def _signed(signatures: list[str], head: bytes, body: bytes, secret: str) -> bool:
    key = _key(secret)
    digest = hmac.new(key, head, hashlib.sha256)
    digest.update(body)
    right = b"v1," + base64.b64encode(digest.digest())
    return any(same(signature, right) for signature in signatures) and len(key) >= _LEAST_KEY


def _key(secret: str) -> bytes:
    """A secret's key; empty where the secret is of another kind."""
    match = re.fullmatch(f"{PREFIX}([A-Za-z0-9+/]+)=*", secret)
    if match is None or len(match[1]) % 4 == 1:
        return b""
    return binascii.a2b_base64(match[1] + "=" * (-len(match[1]) % 4))
