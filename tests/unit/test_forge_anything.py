"""Whatever is sent to a webhook's URL is read or refused; nothing else ever comes of it."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hook_server.forges import FORGES
from hook_server.forges.request import Event, OtherEvent, Ping, Request
from hook_server.payload import FORM, JSON
from pipeline.delivery import Delivery
from pipeline.errors import DeliveryRejected
from tests.hook import SECRET, payload

SIGNING = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
NAMES = [
    "x-hub-signature-256",
    "x-github-event",
    "x-github-delivery",
    "x-gitlab-token",
    "x-gitlab-event",
    "idempotency-key",
    "webhook-id",
    "webhook-timestamp",
    "webhook-signature",
    "x-gitea-signature",
    "x-gitea-event",
    "x-gitea-delivery",
]
RIGHT = {
    "x-github-event": "push",
    "x-github-delivery": "d1",
    "x-gitlab-event": "Push Hook",
    "idempotency-key": "d1",
    "x-gitea-event": "push",
    "x-gitea-delivery": "d1",
}
PUSHES = [payload("push", forge) for forge in FORGES]
KEYS = sorted({key for push in PUSHES for key in push})
AT_ANY_SPEED = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["refs/heads/main", "refs/tags/v1", "0" * 40, "a" * 40]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*KEYS, "id", "login", "message", "added"]), inner, max_size=4)
    ),
    max_leaves=8,
)
HEADERS = st.dictionaries(
    st.sampled_from(NAMES), st.text(max_size=80) | st.sampled_from(["1000", "push", "Push Hook", "v1,AAAA", "0" * 64])
)


def read(forge: str, request: Request) -> Event | None:
    try:
        return FORGES[forge].read(request)
    except DeliveryRejected:
        return None


@given(forge=st.sampled_from(sorted(FORGES)), headers=HEADERS, body=st.binary(), mimetype=st.sampled_from([JSON, FORM]))
@AT_ANY_SPEED
def test_nobody_is_let_in_by_chance(forge: str, headers: dict[str, str], body: bytes, mimetype: str) -> None:
    with pytest.raises(DeliveryRejected):
        FORGES[forge].signed_by(Request(headers, mimetype, body, at=1000.0), {"iris": (SECRET, SIGNING)})


@given(
    forge=st.sampled_from(sorted(FORGES)),
    headers=HEADERS,
    body=st.binary() | VALUES.map(lambda value: json.dumps(value).encode()),
    mimetype=st.sampled_from([JSON, FORM]),
)
@AT_ANY_SPEED
def test_any_headers_and_bytes_are_read_or_refused(forge: str, headers: dict[str, str], body: bytes, mimetype: str) -> None:
    assert isinstance(read(forge, Request(headers, mimetype, body, at=1000.0)), Delivery | Ping | OtherEvent | None)


@given(
    forge=st.sampled_from(sorted(FORGES)),
    push=st.sampled_from(PUSHES),
    changed=st.dictionaries(st.sampled_from(KEYS), VALUES, min_size=1, max_size=3),
)
@AT_ANY_SPEED
def test_a_push_with_anything_in_place_of_its_fields_is_read_or_refused(forge: str, push: dict[str, Any], changed: dict[str, Any]) -> None:
    found = read(forge, Request(RIGHT, JSON, json.dumps({**push, **changed}).encode(), at=1000.0))
    if isinstance(found, Delivery):
        assert "".join([found.repository, found.ref, found.before, found.sender, found.pusher, found.message]).encode()
        assert found.ref.startswith("refs/")
        assert len(found.commit) in (40, 64)
