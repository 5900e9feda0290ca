"""How a secret in a log is found, and told without being told once more."""

import pytest

from tests.leaks import leaks

WORD, DIGEST = "a-secret-of-this-test", "0123456789abcdef" * 4
TOKEN = "pr_0123456789_" + "A" * 43 + "B" * 6


@pytest.mark.parametrize(
    ("line", "what"),
    [
        (f"logged in with {WORD}!", "a secret"),
        (f"payload {DIGEST} is wrong", "a secret"),
        ("X-Hub-Signature-256: sha256=" + "f" * 64, "a signature"),
        ("webhook-signature: v1," + "A" * 43 + "=", "a signature"),
        ("Authorization: Bearer abcdefghijklmnop", "an Authorization"),
        ("{'authorization': 'basic YWRhOmh1bnRlcjI='}", "an Authorization"),
        (f"GET /api/v1/runs?token={TOKEN}", "a token"),
    ],
)
def test_a_secret_is_found_and_masked(line: str, what: str) -> None:
    (leak,) = leaks("server.log", f"all is well\n{line}\n", {WORD, DIGEST})
    assert (leak.place, leak.what) == ("server.log:2", what)
    assert "***" in leak.line
    assert not any(secret in str(leak) for secret in (WORD, DIGEST, "f" * 64, "A" * 43, "abcdefghijklmnop", "YWRhOmh1bnRlcjI"))


@pytest.mark.parametrize(
    "line",
    [
        "",
        "image iris@sha256:" + "f" * 64,
        DIGEST + "0",
        "e" * 64,
        'WWW-Authenticate: Bearer realm="pushrail"',
        "send the header Authorization: Bearer with a token that counts",
        "v1,short=",
    ],
)
def test_what_only_looks_like_one_is_let_pass(line: str) -> None:
    assert list(leaks("server.log", line, {WORD, DIGEST})) == []
