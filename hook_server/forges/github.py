"""GitHub's webhooks.

https://docs.github.com/en/webhooks/webhook-events-and-payloads
"""

from itertools import chain
from typing import Any

from hook_server.forges import push
from hook_server.forges.request import ID, Event, OtherEvent, Ping, Request
from hook_server.forges.signers import Secrets, hex_digest, presented, same, signers
from hook_server.payload import Object, field, parse
from pipeline.delivery import Delivery
from pipeline.errors import DeliveryRejected

MOST_COMMITS = 2048
MOST_FILES = 3000
"""A list of this length has been cut: https://docs.github.com/en/webhooks/webhook-events-and-payloads#push"""


def signed_by(request: Request, secrets: Secrets) -> dict[str, int]:
    """Find the apps one of whose secrets signed exactly these bytes, by ``X-Hub-Signature-256``.

    SHA-1 (``X-Hub-Signature``) is never a way in, or an attacker would choose it.
    https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
    """
    digest = presented(request, "X-Hub-Signature-256", r"sha256=([0-9a-f]{64})")[1]
    return signers(secrets, lambda secret: same(digest, hex_digest(secret, request.body)))


def name(request: Request) -> tuple[str, str]:
    return request.header("X-GitHub-Event", r"[a-z0-9_]{1,64}"), request.header("X-GitHub-Delivery", ID)


def read(request: Request) -> Event:
    """Read a push, a ping or any other event; ``X-GitHub-Delivery`` is the same for every hook that gets it, and on a redelivery."""
    event, delivery = name(request)
    payload = parse(request.body, request.mimetype)
    if event == "push":
        return _push(delivery, payload)
    return Ping(delivery, _remark(payload)) if event == "ping" else OtherEvent(delivery, event)


def _remark(payload: Object) -> str:
    """What a ping says of its own hook, whatever else it holds: https://docs.github.com/en/webhooks/webhook-events-and-payloads#ping"""
    hook = payload.get("hook")
    events = hook.get("events") if isinstance(hook, dict) else None
    silent = isinstance(events, list) and "push" not in events and "*" not in events
    return "the hook does not send pushes; choose the event push at GitHub" if silent else ""


def _push(delivery: str, payload: Object) -> Delivery:
    after = push.commit(field(payload, "after", str))
    ref = push.ref(field(payload, "ref", str))
    deleted = field(payload, "deleted", bool, False) or push.is_nothing(after)
    head = _head(payload, required=ref.startswith("refs/heads/") and not deleted)
    repository = field(payload, "repository", dict)
    return Delivery(
        id=delivery,
        forge="github",
        event="push",
        repository=push.clean(field(repository, "full_name", str)),
        repository_id=push.number(repository, "id"),
        ref=ref,
        before=push.text(payload, "before"),
        # an annotated tag's ``after`` is the tag object, which is no commit
        commit=push.commit(field(head, "id", str)) if head is not None and ref.startswith("refs/tags/") else after,
        sender=push.text(push.part(payload, "sender"), "login"),
        pusher=push.text(push.part(payload, "pusher"), "name"),
        message=push.clean(field(head, "message", str)) if head is not None else "",
        deleted=deleted,
        forced=field(payload, "forced", bool, False),
        changed=_changed(payload),
    )


def _head(payload: Object, *, required: bool) -> Object | None:
    if payload.get("head_commit") is None and not required:
        return None
    return field(payload, "head_commit", dict)


def _changed(payload: Object) -> tuple[str, ...] | None:
    """The paths the push touched, or None where the payload does not say it for certain."""
    lists = [_paths(commit) for commit in field(payload, "commits", list, [])]
    named = list(chain.from_iterable(lists))
    if set(map(type, named)) - {str}:
        raise DeliveryRejected("the payload's commits name paths that are no text")
    moved = field(payload, "created", bool, False) or field(payload, "forced", bool, False)
    cut = len(lists) >= MOST_COMMITS or max(map(len, lists), default=0) >= MOST_FILES
    if moved or cut or not lists or not all(lists):
        return None
    return tuple(sorted(map(push.clean, set(named))))


def _paths(commit: Any) -> list[Any]:
    """What a commit's lists hold, whatever that is; there can be thousands of commits."""
    try:
        paths = commit.get("added", []) + commit.get("removed", []) + commit.get("modified", [])
    except (AttributeError, TypeError):
        paths = None
    if not isinstance(paths, list):
        raise DeliveryRejected("the payload's commits hold something other than commits with lists of paths")
    return paths
