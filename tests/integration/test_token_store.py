"""What a real Redis holds of tokens."""

import pytest

from pipeline.connection import impatient
from pipeline.errors import StoreUnavailable
from pipeline.store import Store
from pipeline.token import Credential, Scope, new
from pipeline.tokens import NOTED_SECONDS, REMEMBERED_SECONDS, Tokens
from tests.keys import NOW, kept


@pytest.fixture
def tokens(store: Store) -> Tokens:
    return Tokens(store.redis)


def names(tokens: Tokens) -> list[str]:
    return [token.name for token in tokens.all()]


def used(tokens: Tokens) -> list[float | None]:
    return [token.last_used_at for token in tokens.all()]


def test_a_token_is_admitted_by_its_secret(store: Store, tokens: Tokens) -> None:
    credential = kept(store.redis, Scope.TRIGGER, "jenkins")
    found = tokens.admitted(credential, NOW)
    assert found is not None
    assert (found.id, found.name, found.scope, found.created_by) == (credential.id, "jenkins", Scope.TRIGGER, "ada")


def test_nothing_that_redis_holds_lets_anybody_in(store: Store) -> None:
    credential = kept(store.redis, Scope.ADMIN)
    held = repr([store.redis.hgetall(key) for key in store.redis.keys("*token*")])
    assert credential.digest in held
    assert credential.secret not in held


def test_a_token_is_not_admitted_by_the_secret_of_another(store: Store, tokens: Tokens) -> None:
    one, other = kept(store.redis, Scope.READ), kept(store.redis, Scope.ADMIN)
    assert tokens.admitted(Credential(other.id, one.secret), NOW) is None


def test_what_was_never_kept_is_not_admitted(tokens: Tokens) -> None:
    assert tokens.admitted(new(), NOW) is None
    assert tokens.counting("0123456789", NOW) is None


def test_a_token_counts_until_the_moment_it_expires(store: Store, tokens: Tokens) -> None:
    credential = kept(store.redis, Scope.READ, expires_at=NOW + 10)
    assert tokens.admitted(credential, NOW + 9.9) is not None
    assert tokens.admitted(credential, NOW + 10) is None
    assert tokens.counting(credential.id, NOW + 10) is None


def test_a_revoked_token_counts_no_more_and_is_still_listed(store: Store, tokens: Tokens) -> None:
    credential = kept(store.redis, Scope.READ)
    assert tokens.revoke(credential.id, NOW + 1)
    assert tokens.admitted(credential, NOW + 1) is None
    assert tokens.counting(credential.id, NOW + 1) is None
    assert [token.revoked_at for token in tokens.all()] == [NOW + 1]


def test_revoking_twice_keeps_the_first_time(store: Store, tokens: Tokens) -> None:
    credential = kept(store.redis, Scope.READ)
    assert [tokens.revoke(credential.id, NOW + later) for later in (1, 2)] == [True, True]
    assert [token.revoked_at for token in tokens.all()] == [NOW + 1]


def test_what_is_not_there_is_not_revoked(tokens: Tokens) -> None:
    assert not tokens.revoke("0123456789", NOW)
    assert names(tokens) == []


def test_a_use_is_noted_at_most_once_a_minute(store: Store, tokens: Tokens) -> None:
    credential = kept(store.redis, Scope.READ)
    assert used(tokens) == [None]
    for later, noted in ((0, 0), (NOTED_SECONDS - 1, 0), (NOTED_SECONDS, NOTED_SECONDS), (NOTED_SECONDS + 1, NOTED_SECONDS)):
        tokens.admitted(credential, NOW + later)
        assert used(tokens) == [NOW + noted]


def test_a_wrong_secret_is_no_use(store: Store, tokens: Tokens) -> None:
    credential = kept(store.redis, Scope.READ)
    tokens.admitted(Credential(credential.id, new().secret), NOW)
    assert used(tokens) == [None]


def test_a_token_is_admitted_by_a_redis_that_cannot_note_it(store: Store, tokens: Tokens) -> None:
    credential = kept(store.redis, Scope.READ)
    store.redis.config_set("min-replicas-to-write", 1)
    try:
        assert tokens.admitted(credential, NOW) is not None
    finally:
        store.redis.config_set("min-replicas-to-write", 0)
    assert used(tokens) == [None]


def test_tokens_are_listed_newest_first(store: Store, tokens: Tokens) -> None:
    for later, name in enumerate(("one", "two", "three")):
        kept(store.redis, Scope.READ, name, now=NOW + later)
    assert names(tokens) == ["three", "two", "one"]


def test_a_token_that_ended_long_ago_is_forgotten_when_another_is_made(store: Store, tokens: Tokens) -> None:
    revoked = kept(store.redis, Scope.READ, "revoked")
    kept(store.redis, Scope.READ, "expired", expires_at=NOW + 1)
    kept(store.redis, Scope.READ, "counts")
    tokens.admitted(revoked, NOW)
    tokens.revoke(revoked.id, NOW + 2)
    kept(store.redis, Scope.READ, "new", now=NOW + REMEMBERED_SECONDS + 2)
    assert sorted(names(tokens)) == ["counts", "new", "revoked"]
    kept(store.redis, Scope.READ, "newer", now=NOW + REMEMBERED_SECONDS + 3)
    assert sorted(names(tokens)) == ["counts", "new", "newer"]
    assert store.redis.hlen("pushrail:tokens:used") == 0


def test_without_redis_nobody_is_called_unknown() -> None:
    with pytest.raises(StoreUnavailable):
        Tokens(impatient("redis://127.0.0.1:1/0")).admitted(new(), NOW)
