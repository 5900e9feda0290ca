"""Rows 9 and 10: how much may be sent, how it must be framed, and in which type."""

import socket
from collections.abc import Iterator

import pytest
import requests

from hook_server.hooks import MOST_BYTES
from pipeline.store import Store
from tests.hook import signature
from tests.served import answers
from tests.wire import BODY, SIGNED, Server, connection, head, post, status

WITHOUT_TYPE = {name: value for name, value in SIGNED.items() if name != "Content-Type"}


def chunked(body: bytes, size: int = 1024 * 1024) -> Iterator[bytes]:
    return (body[at : at + size] for at in range(0, len(body), size))


def test_row_09_a_declared_length_over_the_limit_is_413_before_the_body_is_sent(server: Server) -> None:
    assert status(server, head(f"Content-Length: {MOST_BYTES + 1}")) == b"HTTP/1.1 413"


def test_row_09_a_chunked_body_over_the_limit_is_413(server: Server, store: Store) -> None:
    assert post(server, chunked(b" " * (MOST_BYTES + 1))).status_code == 413
    assert store.runs() == []


def test_row_09_a_chunked_body_within_the_limit_is_taken(server: Server) -> None:
    assert post(server, chunked(BODY, 100)).status_code == 202


@pytest.mark.parametrize("sent", [b"", BODY[:-5]])
def test_row_09_a_body_shorter_than_declared_is_400_when_the_sender_goes(server: Server, sent: bytes) -> None:
    with connection(server) as wire:
        wire.sendall(head(f"Content-Length: {len(BODY)}") + sent)
        wire.shutdown(socket.SHUT_WR)
        assert wire.recv(12) == b"HTTP/1.1 400"
    assert answers(f"{server[0]}/livez")


@pytest.mark.parametrize("framing", ["Transfer-Encoding: chunked", "Content-Length: 5"])
def test_row_09_two_lengths_in_one_request_are_400(server: Server, framing: str) -> None:
    assert status(server, head(f"Content-Length: {len(BODY)}", framing), BODY) == b"HTTP/1.1 400"


@pytest.mark.parametrize(
    "kind",
    [
        {"Content-Type": "text/plain"},
        {"Content-Type": "multipart/form-data; boundary=x"},
        {"Content-Type": "application/json; charset=latin-1"},
        {"Content-Type": "application/json", "Content-Encoding": "gzip"},
        {},
    ],
    ids=str,
)
def test_row_10_another_type_or_encoding_is_415_though_it_is_signed(server: Server, store: Store, kind: dict[str, str]) -> None:
    answer = requests.post(f"{server[0]}/hooks/github", BODY, headers={**WITHOUT_TYPE, **kind}, timeout=15)
    assert (answer.status_code, answer.headers["Content-Type"]) == (415, "application/problem+json")
    assert store.runs() == []


def test_row_10_a_compressed_body_is_415_though_its_own_bytes_are_signed(server: Server) -> None:
    packed = b"\x1f\x8b\x08\x00" + bytes(20)
    headers = {**SIGNED, "X-Hub-Signature-256": signature(packed), "Content-Encoding": "gzip"}
    assert requests.post(f"{server[0]}/hooks/github", packed, headers=headers, timeout=15).status_code == 415
