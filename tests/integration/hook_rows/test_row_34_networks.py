"""Row 34 and what goes with it: which address a request comes from, and who may send deliveries."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from pipeline.store import Store
from tests.hook import SPEC_TEXT, settings
from tests.served import served
from tests.wire import BODY, SIGNED, Server, connection, head

GITHUB, OTHER = "192.30.252.40", "203.0.113.9"


@pytest.fixture(params=["", "1", "2"])
def proxies(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def guarded(redis_url: str, tmp_path: Path, proxies: str) -> Iterator[Server]:
    """A server that takes deliveries from GitHub's network alone, behind so many proxies."""
    given = settings(redis_url, PUSHRAIL_HOOK_NETWORKS="192.30.252.0/22", PUSHRAIL_PROXIES=proxies)
    with served(given, SPEC_TEXT, tmp_path, workers=1) as started:
        yield started


def sent(server: Server, forwarded: str) -> int:
    headers = {**SIGNED, **({"X-Forwarded-For": forwarded, "X-Real-IP": GITHUB, "Forwarded": f"for={GITHUB}"} if forwarded else {})}
    return requests.post(f"{server[0]}/hooks/github", BODY, headers=headers, timeout=15).status_code


@pytest.mark.parametrize("proxies", [""], indirect=True)
@pytest.mark.parametrize("forwarded", ["", GITHUB, f"{GITHUB}, {GITHUB}"])
def test_row_34_a_spoofed_address_of_the_forge_is_403(guarded: Server, store: Store, forwarded: str) -> None:
    assert sent(guarded, forwarded) == 403
    assert store.redis.keys("*") == []


def test_row_34_only_what_the_outermost_of_the_proxies_saw_counts(guarded: Server, proxies: str) -> None:
    by_way = {"": (403, 403, 403), "1": (202, 403, 403), "2": (403, 202, 403)}[proxies]
    said = tuple(sent(guarded, forwarded) for forwarded in (f"{OTHER}, {GITHUB}", f"{GITHUB}, {OTHER}", f"{GITHUB}, {OTHER}, {OTHER}"))
    assert said == by_way


@pytest.mark.parametrize("proxies", [""], indirect=True)
def test_row_34_the_body_of_a_stranger_is_not_read(guarded: Server) -> None:
    with connection(guarded) as wire:
        wire.sendall(head(f"Content-Length: {len(BODY)}") + BODY[:1])
        assert wire.recv(12) == b"HTTP/1.1 403"
        wire.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize("proxies", [""], indirect=True)
@pytest.mark.parametrize("path", ["/livez", "/login", "/static/pushrail.css"])
def test_row_34_pages_are_open_to_everybody(guarded: Server, path: str) -> None:
    assert requests.get(f"{guarded[0]}{path}", timeout=5).status_code == 200


def secure(server: Server, forwarded: str) -> bool:
    """Whether the server takes a request with this header for one that came by https."""
    answer = requests.get(f"{server[0]}/login", headers={"X-Forwarded-Proto": forwarded, "X-Forwarded-Ssl": "on"}, timeout=5)
    told = "Strict-Transport-Security" in answer.headers
    assert told is ("Secure" in answer.headers["Set-Cookie"])
    return told


def test_https_is_what_the_outermost_of_the_proxies_says(guarded: Server, proxies: str) -> None:
    by_way = {"": [False, False, False], "1": [True, True, False], "2": [False, True, True]}[proxies]
    assert [secure(guarded, forwarded) for forwarded in ("https", "https, https", "https, http")] == by_way


def test_the_host_is_what_the_outermost_of_the_proxies_says(guarded: Server, proxies: str) -> None:
    told = {"": "127.0.0.1", "1": "b.example", "2": "a.example"}[proxies]
    answer = requests.get(f"{guarded[0]}/runs//x", headers={"X-Forwarded-Host": "a.example, b.example"}, allow_redirects=False, timeout=5)
    assert answer.headers["Location"].startswith(f"http://{told}")
