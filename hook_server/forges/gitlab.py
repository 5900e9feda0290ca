"""GitLab's webhooks, of a project, a group or the whole system.

https://docs.gitlab.com/user/project/integrations/webhooks/ says how they come,
https://docs.gitlab.com/user/project/integrations/webhook_events/ what they hold.
"""

from hook_server.forges import push, standard_webhooks
from hook_server.forges.request import ID, Event, OtherEvent, Request
from hook_server.forges.signers import Secrets, presented, same, signers
from hook_server.payload import Object, field, parse
from pipeline import signing_token
from pipeline.delivery import Delivery
from pipeline.errors import DeliveryRejected

_PUSHES = ("Push Hook", "Tag Push Hook")
_KINDS = ("push", "tag_push")


def signed_by(request: Request, secrets: Secrets) -> dict[str, int]:
    """Find the apps whose signing token signed the request or, where it is not signed at all, whose secret token it brings.

    A signed request counts by its signature alone, and a signing token (``whsec_…``) is never taken for a secret token: that one is
    sent in the clear and proves nothing of the body.
    """
    if "webhook-signature" in request.headers:
        return standard_webhooks.signed_by(request, secrets)
    token = presented(request, "X-Gitlab-Token", r"[^\x00-\x1f\x7f]{1,1000}")[0]
    return signers(secrets, lambda secret: same(token, secret.encode()) and not secret.startswith(signing_token.PREFIX))


def name(request: Request) -> tuple[str, str]:
    return request.header("X-Gitlab-Event", r"[A-Za-z][A-Za-z ]{0,63}"), _delivery(request)


def read(request: Request) -> Event:
    """Read a push or any other event. There is no ping: the button that tests a hook sends a push that looks like any other.

    A system hook tells of every project under one name of event; its pushes are known by ``object_kind``.
    https://docs.gitlab.com/administration/system_hooks/
    """
    event, delivery = name(request)
    payload = parse(request.body, request.mimetype)
    if event in _PUSHES or (event == "System Hook" and push.text(payload, "object_kind") in _KINDS):
        return _push(delivery, event, payload)
    return OtherEvent(delivery, event)


def _delivery(request: Request) -> str:
    """The id of the event, the same when GitLab sends it again.

    ``Idempotency-Key`` is, and ``webhook-id`` of a signed request is equal to it; GitLab before 17.4 has neither. What
    ``X-Gitlab-Event-UUID`` names stays within one chain of events, in which a hook is called once. ``X-Gitlab-Webhook-UUID`` is new
    each time.
    """
    for header in ("webhook-id", "Idempotency-Key", "X-Gitlab-Event-UUID"):
        if header.lower() in request.headers:
            return request.header(header, ID)
    raise DeliveryRejected("the header Idempotency-Key is missing")


def _push(delivery: str, event: str, payload: Object) -> Delivery:
    after = push.commit(field(payload, "after", str))
    project = field(payload, "project", dict)
    commit = _commit(payload, after)
    return Delivery(
        id=delivery,
        forge="gitlab",
        event=event,
        repository=push.clean(field(project, "path_with_namespace", str)),
        repository_id=push.number(payload, "project_id"),
        ref=push.ref(field(payload, "ref", str)),
        before=push.text(payload, "before"),
        commit=commit,
        sender=push.text(payload, "user_username") or push.text(payload, "user_name"),
        message=push.message(payload, commit) or push.text(payload, "message"),
        deleted=push.is_nothing(after),
        changed=None,  # a forced push is not marked, and its commits do not tell what it took away
    )


def _commit(payload: Object, after: str) -> str:
    """What to build: ``after`` of an annotated tag is the tag object, which is no commit; null when the ref was deleted."""
    return push.commit(push.text(payload, "checkout_sha") or after)
