"""A token's text, its scopes, its end."""

import re
from dataclasses import replace

import pytest

from pipeline.token import PATTERN, Credential, Scope, Token, lifetime, new, read
from worker.step_log import shown

KNOWN = Credential("0123456789", "a" * 43)
TOKEN = Token("0123456789", "jenkins", Scope.TRIGGER, 1000.0, "ada")


def test_a_text_is_a_prefix_an_id_a_secret_and_a_checksum() -> None:
    assert KNOWN.text == f"pr_0123456789_{'a' * 43}3OIxJV"


def test_what_is_made_can_be_read() -> None:
    made = new()
    assert (read(made.text), len(made.text)) == (made, 63)


def test_no_two_credentials_are_alike() -> None:
    made = [new() for _ in range(100)]
    assert len({credential.id for credential in made}) == len({credential.secret for credential in made}) == 100


def test_a_secret_draws_on_all_symbols() -> None:
    assert len(set("".join(new().secret for _ in range(100)))) == 62


@pytest.mark.parametrize("at", range(63))
def test_a_text_with_one_symbol_changed_is_none(at: int) -> None:
    text = KNOWN.text
    assert read(text[:at] + ("b" if text[at] != "b" else "c") + text[at + 1 :]) is None


@pytest.mark.parametrize(
    "text", ["", "pr_", KNOWN.text[:-1], KNOWN.text + "x", KNOWN.text + "\n", " " + KNOWN.text, KNOWN.text.upper(), KNOWN.text * 2]
)
def test_what_was_not_made_here_is_none(text: str) -> None:
    assert read(text) is None


def test_only_a_digest_of_the_secret_is_kept_and_no_repr_shows_it() -> None:
    assert re.fullmatch("[0-9a-f]{64}", KNOWN.digest)
    assert KNOWN.secret not in repr(KNOWN)


@pytest.mark.parametrize(
    ("has", "needs", "allowed"), [(has, needs, at >= least) for at, has in enumerate(Scope) for least, needs in enumerate(Scope)]
)
def test_a_scope_includes_those_before_it(has: Scope, needs: Scope, allowed: bool) -> None:
    assert has.allows(needs) is allowed
    assert tuple(Scope) == ("read", "trigger", "admin")


@pytest.mark.parametrize(
    ("expires_at", "revoked_at", "ended_at"),
    [(None, None, None), (2000.1, None, None), (2000.0, None, 2000.0), (1999.0, 1500.0, 1500.0), (None, 1500.0, 1500.0)],
)
def test_a_token_ends_when_it_expires_or_is_revoked(expires_at: float | None, revoked_at: float | None, ended_at: float | None) -> None:
    assert replace(TOKEN, expires_at=expires_at, revoked_at=revoked_at).ended_at(2000.0) == ended_at


@pytest.mark.parametrize(("text", "seconds"), [("1h", 3600.0), ("90d", 7_776_000.0), ("9999h", 35_996_400.0), ("never", None)])
def test_a_lifetime_is_hours_or_days_or_never(text: str, seconds: float | None) -> None:
    assert lifetime(text) == seconds


@pytest.mark.parametrize("text", ["", "0d", "90", "1.5d", "-1d", "90 d", "30m", "99999d", "Never", "1d\n", "٣d"])
def test_no_other_lifetime_is_taken(text: str) -> None:
    with pytest.raises(ValueError, match="90d, or never"):
        lifetime(text)


def test_a_runs_log_hides_a_token_that_it_cannot_know() -> None:
    assert shown(f"curl -H 'Authorization: Bearer {KNOWN.text}'", ()) == "curl -H 'Authorization: Bearer ***'"
    assert PATTERN.search(KNOWN.text)
