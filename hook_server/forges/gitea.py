"""Gitea's webhooks, and Forgejo's, which come with the same headers besides its own.

https://docs.gitea.com/usage/repository/webhooks and https://forgejo.org/docs/latest/user/webhooks/
"""

from hook_server.forges import push
from hook_server.forges.request import ID, Event, OtherEvent, Ping, Request
from hook_server.forges.signers import Secrets, hex_digest, presented, same, signers
from hook_server.payload import FORM, Object, field, parse, text
from pipeline.delivery import Delivery
from pipeline.errors import BodyTooLarge

MOST_FORM_BYTES = 256 * 1024
"""A form is decoded before it is known who sent it, which takes up to 80 times its size in memory; Gitea lists a few commits only."""


def signed_by(request: Request, secrets: Secrets) -> dict[str, int]:
    """Find the apps one of whose secrets signed the JSON, by the bare hex digits of ``X-Gitea-Signature``.

    Of a form it is the JSON within that is signed, not the encoded body. A hook without a secret sends the header empty.
    https://github.com/go-gitea/gitea/blob/main/services/webhook/deliver.go
    """
    digest = presented(request, "X-Gitea-Signature", r"[0-9a-f]{64}")[0]
    signed = _form(request.body) if request.mimetype == FORM else request.body
    return signers(secrets, lambda secret: same(digest, hex_digest(secret, signed)))


def _form(body: bytes) -> bytes:
    if len(body) > MOST_FORM_BYTES:
        raise BodyTooLarge(f"the form is larger than {MOST_FORM_BYTES} bytes; let the hook send application/json")
    return text(body, FORM).encode("utf-8", "replace")


def name(request: Request) -> tuple[str, str]:
    return request.header("X-Gitea-Event", r"[a-z_]{1,64}"), request.header("X-Gitea-Delivery", ID)


def read(request: Request) -> Event:
    """Read a push, the deletion of a branch or a tag, or any other event.

    The button that tests a hook sends a push from a commit to itself, which moves nothing: a ping.
    """
    event, delivery = name(request)
    payload = parse(request.body, request.mimetype)
    if event == "delete":
        return _deletion(delivery, payload)
    if event != "push":
        return OtherEvent(delivery, event)
    return _push(delivery, payload)


def _push(delivery: str, payload: Object) -> Delivery | Ping:
    after = push.commit(field(payload, "after", str))
    if push.text(payload, "before") == after:
        return Ping(delivery)
    ref = push.ref(field(payload, "ref", str))
    repository = field(payload, "repository", dict)
    head = push.text(push.part(payload, "head_commit"), "id")
    # an annotated tag's ``after`` is the tag object, which is no commit
    commit = push.commit(head) if head and ref.startswith("refs/tags/") else after
    return Delivery(
        id=delivery,
        forge="gitea",
        event="push",
        repository=push.clean(field(repository, "full_name", str)),
        repository_id=push.number(repository, "id"),
        ref=ref,
        before=push.text(payload, "before"),
        commit=commit,
        sender=push.text(push.part(payload, "sender"), "login"),
        pusher=push.text(push.part(payload, "pusher"), "login"),
        message=push.message(payload, commit),
        deleted=push.is_nothing(after),
        changed=None,  # a forced push is not marked, and its commits do not tell what it took away
    )


def _deletion(delivery: str, payload: Object) -> Delivery:
    """A deleted branch is no push for Gitea but an event of its own, with the short name of the ref and no commit."""
    repository = field(payload, "repository", dict)
    kind = "refs/tags/" if push.text(payload, "ref_type") == "tag" else "refs/heads/"
    return Delivery(
        id=delivery,
        forge="gitea",
        event="delete",
        repository=push.clean(field(repository, "full_name", str)),
        repository_id=push.number(repository, "id"),
        ref=push.ref(kind + field(payload, "ref", str).removeprefix(kind)),
        commit=push.NOTHING,
        sender=push.text(push.part(payload, "sender"), "login"),
        deleted=True,
    )
