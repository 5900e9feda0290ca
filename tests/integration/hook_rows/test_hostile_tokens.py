"""What nobody with a good token sends, at the real server: each is refused in the same words, none ends in a 500 or in the log."""

import base64
import http.client
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from hook_server import create_app
from pipeline.connection import Client, impatient
from pipeline.token import Credential, Scope, new
from pipeline.tokens import Tokens
from tests.hook import SPEC_TEXT, TOKEN, settings, spec
from tests.keys import bearer, kept
from tests.served import served
from tests.waiting import wait_until
from tests.wire import Server, connection

RUNS = "/api/v1/runs"
HEAD = f"GET {RUNS} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n".encode()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("server")


@pytest.fixture(scope="module")
def _running(redis_server: str, folder: Path) -> Iterator[Server]:
    with served(settings(redis_server), SPEC_TEXT, folder) as started:
        yield started


@pytest.fixture
def redis(redis_url: str) -> Client:
    return impatient(redis_url)


@pytest.fixture
def good(redis: Client) -> Credential:
    return kept(redis, Scope.ADMIN, now=time.time())


def get(server: Server, headers: dict[str, str]) -> requests.Response:
    return requests.get(f"{server[0]}{RUNS}", headers=headers, timeout=10)


def raw(server: Server, *lines: bytes) -> bytes:
    """The status line that the server answers to a request with these header lines."""
    with connection(server) as wire:
        wire.sendall(HEAD + b"".join(line + b"\r\n" for line in lines) + b"\r\n")
        return wire.recv(12)


def ended(redis: Client, *, revoked: bool) -> Credential:
    now = time.time()
    credential = kept(redis, Scope.ADMIN, now=now - 60, expires_at=None if revoked else now - 1)
    if revoked:
        Tokens(redis).revoke(credential.id, now)
    return credential


def test_everything_wrong_is_refused_in_the_same_words(server: Server, redis: Client, good: Credential) -> None:
    other = kept(redis, Scope.READ, now=time.time())
    texts = {
        "none": "",
        "another's secret": Credential(good.id, other.secret).text,
        "another's id": Credential(other.id, good.secret).text,
        "never made": new().text,
        "cut": good.text[:-1],
        "without its checksum": good.text[:-6],
        "its secret alone": good.secret,
        "with more": good.text + "A",
        "whitespace within": good.text.replace("_", "_ ", 1),
        "in small letters": good.text.lower(),
        "as a URL writes it": good.text.replace("_", "%5F"),
        "in quotes": f'"{good.text}"',
        "two, by a comma": f"{good.text}, {other.text}",
        "expired a second ago": ended(redis, revoked=False).text,
        "revoked": ended(redis, revoked=True).text,
        "not ASCII": "pr_é",
        "8 kB": "A" * 7000,
    }
    answers = {what: get(server, {"Authorization": f"Bearer {text}".encode().decode("latin-1")}) for what, text in texts.items()}
    assert {what: answer.status_code for what, answer in answers.items()} == dict.fromkeys(texts, 401)
    assert len({(answer.text, answer.headers["WWW-Authenticate"]) for answer in answers.values()}) == 1
    assert get(server, bearer(good)).status_code == 200


@pytest.mark.parametrize("kind", ["bearer", "BEARER", "Bearer "])
def test_the_scheme_may_be_written_in_any_letters_with_any_blanks(server: Server, good: Credential, kind: str) -> None:
    """Schemes are case-insensitive and may be followed by several blanks (RFC 9110, 11.1 and 11.4)."""
    assert get(server, {"Authorization": f"{kind} {good.text} "}).status_code == 200


@pytest.mark.parametrize("kind", ["Basic", "Token", "Digest", "Bearer:", "pr"])
def test_a_token_by_any_other_scheme_is_401(server: Server, good: Credential, kind: str) -> None:
    assert get(server, {"Authorization": f"{kind} {good.text}"}).status_code == 401


def test_a_token_as_a_user_or_in_a_cookie_is_401(server: Server, good: Credential) -> None:
    user = base64.b64encode(f"{good.text}:".encode()).decode()
    for headers in ({"Authorization": f"Basic {user}"}, {"Cookie": f"pushrail={good.text}"}, {"X-Api-Key": good.text}):
        assert get(server, headers).status_code == 401


def test_two_authorization_headers_are_401_though_one_is_right(server: Server, good: Credential) -> None:
    right, wrong = (f"Authorization: Bearer {text}".encode() for text in (good.text, new().text))
    for lines in ((right, wrong), (wrong, right), (right, right)):
        assert raw(server, *lines) == b"HTTP/1.1 401"


@pytest.mark.parametrize("within", [b"\x00", b"\x01", b"\x7f", b"\xff"])
def test_a_token_with_a_control_character_or_a_stray_byte_is_refused(server: Server, good: Credential, within: bytes) -> None:
    text = good.text.encode()
    for sent in (text + within, within + text, text[:20] + within + text[20:]):
        assert raw(server, b"Authorization: Bearer " + sent) in (b"HTTP/1.1 400", b"HTTP/1.1 401")


def test_a_header_of_a_megabyte_is_refused_before_it_is_read(server: Server, good: Credential) -> None:
    with connection(server) as wire:
        try:
            wire.sendall(HEAD + b"Authorization: Bearer " + b"A" * 1_000_000 + b"\r\n\r\n")
            status = wire.recv(12)
        except (ConnectionResetError, BrokenPipeError):
            status = b"HTTP/1.1 400"  # it hung up before we had sent it all
    assert status in (b"HTTP/1.1 400", b"HTTP/1.1 431")
    assert get(server, bearer(good)).status_code == 200


def test_a_token_that_is_revoked_while_it_is_in_use_is_refused_from_then_on(server: Server, redis: Client, good: Credential) -> None:
    busy, until = kept(redis, Scope.READ, now=time.time()), time.monotonic() + 30

    def last_status() -> int:
        session = requests.Session()
        status = 200
        while status == 200 and time.monotonic() < until:
            status = session.get(f"{server[0]}{RUNS}", headers=bearer(busy), timeout=10).status_code
        return status

    with ThreadPoolExecutor(4) as pool:
        using = [pool.submit(last_status) for _ in range(4)]
        wait_until(lambda: any(token.last_used_at for token in Tokens(redis).all() if token.id == busy.id))
        answer = requests.delete(f"{server[0]}/api/v1/tokens/{busy.id}", headers=bearer(good), timeout=10)
        assert answer.status_code == 204
        assert get(server, bearer(busy)).status_code == 401
        assert [future.result() for future in using] == [401] * 4


def test_a_thousand_wrong_tokens_cost_nothing_but_themselves(server: Server, redis: Client, good: Credential, folder: Path) -> None:
    before, log = redis.dbsize(), (folder / "server.log").stat().st_size
    wire = http.client.HTTPConnection(server[0].removeprefix("http://"), timeout=10)
    for _ in range(1000):
        wire.request("GET", RUNS, headers=bearer(new()))
        with wire.getresponse() as answer:
            answer.read()
        assert answer.status == 401
    wire.close()
    assert get(server, bearer(good)).status_code == 200
    assert redis.dbsize() == before + 1  # the use of the good one
    assert (folder / "server.log").stat().st_size < log + 1000  # not a line for each


@pytest.mark.parametrize(("text", "status"), [(new().text, 503), (TOKEN, 503), ("pr_wrong", 401), ("", 401)])
def test_without_redis_only_what_cannot_be_a_token_is_401(text: str, status: int) -> None:
    client = create_app(settings("redis://127.0.0.1:1/0"), spec()).test_client()
    answer = client.get(RUNS, headers={"Authorization": f"Bearer {text}"})
    assert (answer.status_code, "Retry-After" in answer.headers) == (status, status == 503)


def test_the_log_holds_no_token(server: Server, good: Credential, folder: Path) -> None:
    requests.get(f"{server[0]}{RUNS}?token={good.text}", headers=bearer(good), timeout=10)
    requests.get(f"{server[0]}/runs/{good.text}", timeout=10)
    requests.post(f"{server[0]}/hooks/github", headers=bearer(good), timeout=10)
    text = (folder / "server.log").read_text()
    assert good.secret not in text
    assert "pr_" not in text
