"""Tokens for tests: made in a store, and the texts that their holders send."""

from pipeline.connection import Client
from pipeline.token import Credential, Scope, Token, new
from pipeline.tokens import Tokens

NOW = 1_800_000_000.0


def kept(redis: Client, scope: Scope, name: str = "", *, now: float = NOW, expires_at: float | None = None) -> Credential:
    """Keep a new token, named after its scope unless it is given a name, and return what its holder has."""
    credential = new()
    token = Token(credential.id, name or f"a-{scope}-token", scope, now, "ada", expires_at)
    Tokens(redis).keep(token, credential, now)
    return credential


def bearer(credential: Credential) -> dict[str, str]:
    return {"Authorization": f"Bearer {credential.text}"}
