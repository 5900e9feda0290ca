"""Deliveries as each forge sends and signs them, over a real connection."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from typing import Any

import requests

from tests.hook import SECRET
from tests.wire import Server

PUSH = {"github": "push", "gitlab": "Push Hook", "gitea": "push"}
SIGNING = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
"""A signing token of GitLab's kind."""


def hex_digest(body: bytes, secret: str = SECRET) -> str:
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def headers(forge: str, body: bytes, *, event: str = "", delivery: str = "d1", secret: str = SECRET) -> dict[str, str]:
    """What goes with a body that the forge signs; a push, unless another event is named."""
    event = event or PUSH[forge]
    match forge:
        case "github":
            told = {"X-GitHub-Event": event, "X-GitHub-Delivery": delivery, "X-Hub-Signature-256": f"sha256={hex_digest(body, secret)}"}
        case "gitlab":
            told = {"X-Gitlab-Event": event, "Idempotency-Key": delivery, **_gitlab(body, delivery, secret)}
        case _:
            told = {"X-Gitea-Event": event, "X-Gitea-Delivery": delivery, "X-Gitea-Signature": hex_digest(body, secret)}
            told |= {"X-GitHub-Event": event, "X-GitHub-Delivery": delivery, "X-Hub-Signature-256": f"sha256={hex_digest(body, secret)}"}
    return {"Content-Type": "application/json", **told}


def _gitlab(body: bytes, delivery: str, secret: str) -> dict[str, str]:
    if not secret.startswith("whsec_"):
        return {"X-Gitlab-Token": secret}
    at, key = str(int(time.time())), base64.b64decode(secret.removeprefix("whsec_"))
    digest = hmac.new(key, f"{delivery}.{at}.".encode() + body, hashlib.sha256).digest()
    return {"webhook-id": delivery, "webhook-timestamp": at, "webhook-signature": "v1," + base64.b64encode(digest).decode()}


def send(
    server: Server, forge: str, body: bytes | Mapping[str, Any], *, also: Mapping[str, str | None] | None = None, **told: str
) -> requests.Response:
    """Send a signed delivery.

    Args:
        also: headers that are added or replaced; None takes one away.
        told: what ``headers`` takes.
    """
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    sent = {**headers(forge, raw, **told), **(also or {})}
    return requests.post(f"{server[0]}/hooks/{forge}", raw, headers={name: value for name, value in sent.items() if value}, timeout=15)


def outcomes(answer: requests.Response) -> list[tuple[str, str]]:
    return [(outcome["app"], outcome["outcome"]) for outcome in answer.json()["outcomes"]]


def reason(answer: requests.Response) -> str:
    """Why the delivery was ignored, which it must have been by the one app it concerns."""
    (outcome,) = answer.json()["outcomes"]
    assert (answer.status_code, outcome["outcome"], outcome["run"]) == (200, "ignored", "")
    return str(outcome["reason"])
