"""What Redis holds of the API's tokens: what is known of each, the digest of its secret, and when it was used. Never the secret.

Keys: ``tokens`` (id → record), ``tokens:used`` (id → Unix seconds).
"""

import hmac
from contextlib import suppress
from dataclasses import dataclass, replace

from pydantic import TypeAdapter
from redis.exceptions import RedisError

from pipeline.connection import PREFIX, Client, available
from pipeline.token import Credential, Token

NOTED_SECONDS = 60.0
"""How old a noted use must be before another is noted, so that reading stays reading."""

REMEMBERED_SECONDS = 90 * 86_400.0
"""How long an ended token is listed: as long as the runs that name it."""

_RECORDS, _USES = f"{PREFIX}tokens", f"{PREFIX}tokens:used"


@dataclass(frozen=True, slots=True)
class _Record:
    token: Token
    digest: str


_RECORD = TypeAdapter(_Record)


class Tokens:
    """Every method raises StoreUnavailable when Redis does not serve."""

    def __init__(self, redis: Client) -> None:
        self._redis = redis

    def keep(self, token: Token, credential: Credential, now: float) -> None:
        """Keep a new token, and forget those that ended long ago."""
        old = [other.id for other in self.all() if (other.ended_at(now) or now) < now - REMEMBERED_SECONDS]
        with available(), self._redis.pipeline() as act:
            act.hset(_RECORDS, token.id, _RECORD.dump_json(_Record(token, credential.digest)))
            for name in (_RECORDS, _USES) if old else ():
                act.hdel(name, *old)
            act.execute()

    def admitted(self, credential: Credential, now: float) -> Token | None:
        """The token whose secret this is, if it counts now; its use is noted."""
        record = self._record(credential.id)
        if record is None or not hmac.compare_digest(record.digest, credential.digest):
            return None
        return self._used(record.token, now)

    def counting(self, token_id: str, now: float) -> Token | None:
        """The token of this id, if it counts now; its use is noted. For whoever has shown its secret before."""
        record = self._record(token_id)
        return self._used(record.token, now) if record else None

    def all(self) -> list[Token]:
        """Every token, newest first; ended ones for 90 days."""
        with available(), self._redis.pipeline() as act:
            records, uses = act.hvals(_RECORDS).hgetall(_USES).execute()
        tokens = (_RECORD.validate_json(record).token for record in records)
        known = (replace(token, last_used_at=_time(uses.get(token.id.encode()))) for token in tokens)
        return sorted(known, key=lambda token: (token.created_at, token.id), reverse=True)

    def revoke(self, token_id: str, now: float) -> bool:
        """End a token at once, for good; False when there is none of this id. Doing it twice is doing it once."""
        record = self._record(token_id)
        if record and record.token.revoked_at is None:
            ended = replace(record, token=replace(record.token, revoked_at=now, last_used_at=None))
            with available():
                self._redis.hset(_RECORDS, token_id, _RECORD.dump_json(ended))
        return record is not None

    def _record(self, token_id: str) -> _Record | None:
        with available(), self._redis.pipeline(transaction=False) as act:
            record, used = act.hget(_RECORDS, token_id).hget(_USES, token_id).execute()
        if record is None:
            return None
        found = _RECORD.validate_json(record)
        return replace(found, token=replace(found.token, last_used_at=_time(used)))

    def _used(self, token: Token, now: float) -> Token | None:
        if token.ended_at(now) is not None:
            return None
        if token.last_used_at is None or now - token.last_used_at >= NOTED_SECONDS:
            with suppress(RedisError):  # a use that cannot be noted, for Redis is full or read-only, is no reason to refuse it
                self._redis.hset(_USES, token.id, now)
        return token


def _time(held: bytes | None) -> float | None:
    return float(held) if held else None
