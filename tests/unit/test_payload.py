"""What a request's body holds, from its content type and its bytes."""

import pytest

from hook_server.payload import FORM, JSON, check_type, parse
from pipeline.errors import DeliveryRejected, WrongContentType


@pytest.mark.parametrize("charset", ["", "utf-8", "UTF-8"])
@pytest.mark.parametrize("mimetype", [JSON, FORM])
def test_json_and_forms_in_utf8_are_read(mimetype: str, charset: str) -> None:
    check_type(mimetype, charset)


@pytest.mark.parametrize(
    ("mimetype", "charset", "encoding"),
    [("", "", ""), ("text/plain", "", ""), ("multipart/form-data", "", ""), (JSON, "utf-16", ""), (JSON, "", "gzip"), (JSON, "", "br")],
)
def test_other_content_types_are_refused(mimetype: str, charset: str, encoding: str) -> None:
    with pytest.raises(WrongContentType):
        check_type(mimetype, charset, encoding)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b'"x"',
        b"1",
        b'{"a": 1',
        b"{'a': 1}",
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b'{"a": ' + b"9" * 5000 + b"}",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"\xef\xbb\xbf{}",
        b'{"a": "\xff"}',
        '{"a": 1}'.encode("utf-16"),
    ],
    ids=lambda body: repr(body[:12]),
)
def test_what_is_no_json_object_in_utf8_is_refused(body: bytes) -> None:
    with pytest.raises(DeliveryRejected) as refused:
        parse(body, JSON)
    assert refused.value.status == 400


@pytest.mark.parametrize("body", [b"", b"a=1", b"payload=", b"payload={}&payload={}", b"payload=%ff", b"payload=\xff", b"&" * 50])
def test_a_form_without_exactly_one_readable_payload_is_refused(body: bytes) -> None:
    with pytest.raises(DeliveryRejected):
        parse(body, FORM)


def test_a_form_is_decoded_from_its_raw_bytes() -> None:
    assert parse(b"payload=%7B%22a%22%3A+%22%E2%9A%96%22%7D", FORM) == {"a": "⚖"}


@pytest.mark.parametrize("text", ['{"a": "⚖"}', '{"a": "\\u2696"}', '{\r\n"a": "⚖"\r\n}'])
def test_every_spelling_of_json_is_read(text: str) -> None:
    assert parse(text.encode(), JSON) == {"a": "⚖"}
