"""GitHub's webhooks: headers and raw bytes → who signed them, and what they say. Knows neither Flask nor any I/O.

https://docs.github.com/en/webhooks/webhook-events-and-payloads
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass

from hook_server.payload import Object, field, parse, texts
from pipeline.errors import BadSignature, DeliveryRejected
from pipeline.model import Delivery

MOST_BYTES = 25 * 1024 * 1024
"""GitHub delivers no larger payload: https://docs.github.com/en/webhooks/webhook-events-and-payloads#payload-cap"""

MOST_COMMITS = 2048
MOST_FILES = 3000
"""A list of this length has been cut: https://docs.github.com/en/webhooks/webhook-events-and-payloads#push"""


@dataclass(frozen=True, slots=True)
class Ping:
    """GitHub tries the hook out when it is made."""

    id: str


@dataclass(frozen=True, slots=True)
class OtherEvent:
    """An event that starts nothing here."""

    id: str
    name: str


def signed_by(signature: str | None, body: bytes, secrets: Mapping[str, tuple[str, ...]]) -> dict[str, int]:
    """Find the apps one of whose secrets signed exactly these bytes.

    SHA-1 (``X-Hub-Signature``) is never a way in, or an attacker would choose it.

    Args:
        signature: the ``X-Hub-Signature-256`` header as the server decoded it.
        secrets: by app; an app has several while one is being replaced.

    Returns:
        By app, which of its secrets it was, counted from 1.

    Raises:
        BadSignature: none; it says the same for a missing, malformed and wrong signature.
    """
    match = re.fullmatch(r"sha256=([0-9a-f]{64})", signature or "")
    if match is None:
        raise BadSignature("this request is not signed with a secret of any app")
    signers = {app: _position(match[1], body, theirs) for app, theirs in secrets.items()}
    if not any(signers.values()):
        raise BadSignature("this request is not signed with a secret of any app")
    return {app: position for app, position in signers.items() if position}


def _position(digest: str, body: bytes, secrets: tuple[str, ...]) -> int:
    right = [hmac.compare_digest(digest.encode(), _digest(secret, body)) for secret in secrets]
    return right.index(True) + 1 if any(right) else 0


def _digest(secret: str, body: bytes) -> bytes:
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest().encode()


def read(event: str, delivery: str, mimetype: str, body: bytes) -> Delivery | Ping | OtherEvent:
    """Read a request whose signature was found right.

    Args:
        event: the header ``X-GitHub-Event``, or empty.
        delivery: the header ``X-GitHub-Delivery``, or empty; the same for every hook that gets the event, and on a redelivery.
        mimetype: of the body.

    Raises:
        DeliveryRejected: it is nothing that GitHub would send.
    """
    _check("X-GitHub-Event", event, r"[a-z0-9_]{1,64}")
    _check("X-GitHub-Delivery", delivery, r"[A-Za-z0-9-]{1,64}")
    payload = parse(body, mimetype)
    if event == "push":
        return _push(delivery, payload)
    return Ping(delivery) if event == "ping" else OtherEvent(delivery, event)


def _check(header: str, value: str, pattern: str) -> None:
    if not re.fullmatch(pattern, value):
        raise DeliveryRejected(f"the header {header} is missing or malformed")


def _push(delivery: str, payload: Object) -> Delivery:
    after = _commit(field(payload, "after", str))
    ref = _ref(field(payload, "ref", str))
    deleted = field(payload, "deleted", bool, False) or not after.strip("0")
    head = _head(payload, required=ref.startswith("refs/heads/") and not deleted)
    return Delivery(
        id=delivery,
        repository=_clean(field(field(payload, "repository", dict), "full_name", str)),
        ref=ref,
        before=_clean(field(payload, "before", str, "")),
        # an annotated tag's ``after`` is the tag object, which is no commit
        commit=_commit(field(head, "id", str)) if head is not None and ref.startswith("refs/tags/") else after,
        sender=_clean(field(field(payload, "sender", dict, {}), "login", str, "")),
        message=_clean(field(head, "message", str)) if head is not None else "",
        deleted=deleted,
        changed=_changed(payload),
    )


def _head(payload: Object, *, required: bool) -> Object | None:
    if payload.get("head_commit") is None and not required:
        return None
    return field(payload, "head_commit", dict)


def _commit(text: str) -> str:
    if not re.fullmatch(r"[0-9a-f]{40}|[0-9a-f]{64}", text):
        raise DeliveryRejected("the payload names a commit that is not 40 or 64 hex digits")
    return text


def _ref(text: str) -> str:
    """A full ref; what it may hold beyond that is git's business, since it is only ever compared."""
    if not re.fullmatch(r"refs/[^\x00-\x20\x7f\ud800-\udfff]{1,1000}", text):
        raise DeliveryRejected("the payload's ref is not a full git ref")
    return text


def _clean(text: str) -> str:
    """JSON can spell lone surrogates, which no encoding can write down."""
    return text.encode("utf-8", "replace").decode()


def _changed(payload: Object) -> tuple[str, ...] | None:
    """The paths the push touched, or None where the payload does not say it for certain."""
    lists = [_files(commit) for commit in field(payload, "commits", list, [])]
    moved = field(payload, "created", bool, False) or field(payload, "forced", bool, False)
    if moved or len(lists) >= MOST_COMMITS or not all(lists) or not lists:
        return None
    return tuple(sorted({path for files in lists for path in files}))


def _files(commit: object) -> list[str]:
    """Every path a commit touched, or nothing where the list may be cut or is missing."""
    if not isinstance(commit, dict):
        raise DeliveryRejected("the payload's commits hold something other than commits")
    paths = [_clean(path) for kind in ("added", "removed", "modified") for path in texts(commit, kind)]
    return paths if len(paths) < MOST_FILES else []
