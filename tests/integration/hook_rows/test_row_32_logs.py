"""Row 32: whatever is sent, no log of the server holds a secret, at any level. ``tests/log_watch.py`` looks at those of all tests."""

from pathlib import Path

import pytest
import requests

from tests.hook import BEARER, OTHER_TOKEN, PASSWORD, SECRET, SPEC_TEXT, TOKEN, settings, signature
from tests.leaks import leaks
from tests.secret import HIDDEN
from tests.served import served
from tests.wire import BODY, SIGNED, Server

DEEP = b"[" * 100_000


@pytest.fixture
def told(redis_url: str, tmp_path: Path) -> str:
    """All that a server says of good and bad requests at DEBUG, from its start to its end."""
    with served(settings(redis_url), SPEC_TEXT, tmp_path) as server:
        deliver_all(server)
        for headers in (
            BEARER,
            {"Authorization": f"Bearer {OTHER_TOKEN}x"},
            {"Authorization": f"Basic {TOKEN}"},
            {"Cookie": f"pushrail={TOKEN}"},
        ):
            requests.get(f"{server[0]}/api/v1/runs?token={TOKEN}", headers=headers, timeout=10)
        requests.post(f"{server[0]}/login?next=/{TOKEN}", {"password": PASSWORD, "csrf": SECRET}, timeout=10)
    return (tmp_path / "server.log").read_text()


def deliver_all(server: Server) -> None:
    for body in (BODY, BODY + b" ", DEEP, b"null", b"\xff"):
        for signed in (signature(body), signature(body, "wrong"), SECRET, "é".encode() + SECRET.encode()):
            for kind in ("application/json", "text/plain"):
                headers = {**SIGNED, "X-Hub-Signature-256": signed, "Content-Type": kind, "X-Gitlab-Token": SECRET}
                requests.post(f"{server[0]}/hooks/github", body, headers=headers, timeout=10)
                requests.post(f"{server[0]}/hooks/gitlab", body, headers={**headers, "X-Gitlab-Event": "Push Hook"}, timeout=10)


def test_row_32_no_log_holds_a_secret_a_token_a_signature_or_an_authorization(told: str) -> None:
    assert "delivery d1, signed with secret 1 of iris" in told
    assert "DEBUG" in told
    assert [str(leak) for leak in leaks("server.log", told, HIDDEN)] == []
