"""Standard Webhooks: a signature over id, time and body, so that a captured request is worth nothing after five minutes.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import base64
import hashlib
import hmac

from hook_server.forges.request import ID, Request
from hook_server.forges.signers import Secrets, presented, same, signers
from pipeline import signing_token
from pipeline.errors import BadSignature

TOLERANCE = 5 * 60
"""Seconds that the sender's clock and ours may differ, the way of the request included."""


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
    key = signing_token.key(secret)
    digest = hmac.new(key, head, hashlib.sha256)
    digest.update(body)
    right = b"v1," + base64.b64encode(digest.digest())
    return any(same(signature, right) for signature in signatures) and bool(key)
