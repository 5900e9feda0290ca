"""Rows 11 to 13: what a body may be, as JSON and as a form, from each forge."""

import json
from urllib.parse import quote_plus

import pytest

from pipeline.store import Store
from tests.forges import PUSH, hex_digest, outcomes, send
from tests.hook import COMMIT, payload
from tests.wire import Server

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
FORGES = pytest.mark.parametrize("forge", PUSH)


def form(body: bytes) -> bytes:
    return b"payload=" + quote_plus(body).encode()


def signed(forge: str, body: bytes) -> dict[str, str]:
    """A form and the signature over ``body``."""
    digest = hex_digest(body)
    return {**FORM, **({"X-Hub-Signature-256": f"sha256={digest}"} if forge == "github" else {"X-Gitea-Signature": digest})}


@pytest.mark.parametrize(("forge", "over_the_json", "over_the_form"), [("github", 401, 202), ("gitea", 202, 401)])
def test_row_11_a_form_is_signed_as_its_forge_signs_it(server: Server, forge: str, over_the_json: int, over_the_form: int) -> None:
    body = json.dumps(payload("push", forge)).encode()
    assert send(server, forge, form(body), also=signed(forge, body)).status_code == over_the_json
    assert send(server, forge, form(body), also=signed(forge, form(body))).status_code == over_the_form


@pytest.mark.parametrize("forge", ["github", "gitea"])
@pytest.mark.parametrize("body", [b"payload={}&payload={}", b"other=1", b"", b"payload=%ff"])
def test_row_11_a_form_without_exactly_one_payload_is_400(server: Server, store: Store, forge: str, body: bytes) -> None:
    assert send(server, forge, body, also=FORM).status_code == 400
    assert store.runs() == []


@FORGES
@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "Application/JSON", 'application/json; charset="UTF-8"'])
def test_row_12_json_comes_with_parameters(server: Server, forge: str, content_type: str) -> None:
    assert send(server, forge, payload("push", forge), also={"Content-Type": content_type}).status_code == 202


@FORGES
def test_row_12_a_message_may_hold_anything_written_in_any_way(server: Server, store: Store, forge: str) -> None:
    message = "🌸 ü \x00\x1b[31m\r\nsecond <script>"
    for number, raw in enumerate([json.dumps, lambda body: json.dumps(body, ensure_ascii=False, indent=1).replace("\n", "\r\n")]):
        body = payload("push", forge, after=f"{number:040x}".replace("0", "a"))
        commit = body["after"]
        body |= {"head_commit": {"id": commit, "message": message}, "commits": [{"id": commit, "message": message}], "checkout_sha": commit}
        answer = send(server, forge, raw(body).encode(), delivery=f"d{number}")
        assert outcomes(answer) == [("iris", "accepted")]
        run = store.run(answer.json()["outcomes"][0]["run"])
        assert run is not None
        assert run.message == "🌸 ü  [31m"


@FORGES
@pytest.mark.parametrize(
    "body",
    [
        b"\xef\xbb\xbf{}",
        b'{"ref": "\xff"}',
        b"null",
        b"[]",
        b'"x"',
        b"3",
        b"{}",
        b'{"ref":',
        b'{"ref": NaN}',
        b'{"a": ' + b"9" * 5000 + b"}",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"",
    ],
    ids=lambda body: repr(body[:12]),
)
def test_rows_12_and_13_a_signed_body_that_is_no_event_is_400_and_starts_nothing(
    server: Server, store: Store, forge: str, body: bytes
) -> None:
    answer = send(server, forge, body)
    assert (answer.status_code, answer.headers["Content-Type"]) == (400, "application/problem+json")
    assert store.runs() == []


@FORGES
def test_row_13_what_is_well_is_accepted_right_after(server: Server, forge: str) -> None:
    assert send(server, forge, b"[" * 100_000, delivery="bad").status_code == 400
    assert send(server, forge, payload("push", forge, after=COMMIT)).status_code == 202
