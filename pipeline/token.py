"""A token of the API: what is known of it, what it may do, and how the text looks that whoever holds it sends. Knows no I/O.

``pr_<id>_<secret><checksum>``: the prefix and the underscores let people, secret scanners and our own logs see what it is, letters and
digits alone let a double click select it, and the checksum tells a mistyped or cut one from one that was made here without asking anybody
(https://github.blog/2021-04-05-behind-githubs-new-authentication-token-formats/).
"""

import hashlib
import re
import secrets
import zlib
from dataclasses import dataclass, field
from enum import StrEnum
from string import ascii_letters, ascii_lowercase, digits

PATTERN = re.compile(r"pr_([0-9a-z]{10})_([0-9A-Za-z]{43})([0-9A-Za-z]{6})")
NAME = r"[a-z0-9][a-z0-9._@-]{0,63}"
NEVER = "never"
LIFETIME = rf"[1-9][0-9]{{0,3}}[hd]|{NEVER}"

_ID, _SECRET = (digits + ascii_lowercase, 10), (digits + ascii_letters, 43)
"""Symbols and their number; 43 of 62 symbols are 256 bits."""

_UNITS = {"h": 3600.0, "d": 86_400.0}


class Scope(StrEnum):
    """What a caller may do; each includes those before it."""

    READ = "read"
    TRIGGER = "trigger"
    ADMIN = "admin"

    def allows(self, needed: "Scope") -> bool:
        return _ORDER.index(self) >= _ORDER.index(needed)


_ORDER = tuple(Scope)


@dataclass(frozen=True, slots=True)
class Token:
    """What is known of a token; times are Unix seconds.

    Args:
        id: names it, is part of its text and no secret.
        name: whose it is; stands in the history of what is done with it.
        created_by: the name of who made it.
        expires_at: it ends then, or None when it ends by revocation alone.
        last_used_at: to the minute, or None when it was never used.
        revoked_at: None while it was not.
    """

    id: str
    name: str
    scope: Scope
    created_at: float
    created_by: str
    expires_at: float | None = None
    last_used_at: float | None = None
    revoked_at: float | None = None

    def ended_at(self, now: float) -> float | None:
        """When it was revoked or expired; None while it counts."""
        if self.revoked_at is not None:
            return self.revoked_at
        return self.expires_at if self.expires_at is not None and self.expires_at <= now else None


@dataclass(frozen=True, slots=True)
class Credential:
    """What the holder of a token has: its id and its secret."""

    id: str
    secret: str = field(repr=False)

    @property
    def text(self) -> str:
        """What is sent."""
        return f"pr_{self.id}_{self.secret}{_checksum(self)}"

    @property
    def digest(self) -> str:
        """What is kept of the secret. A slow hash makes it dear to guess a password; 256 random bits are not guessed through a fast one."""
        return hashlib.sha256(self.secret.encode()).hexdigest()


def new() -> Credential:
    """A credential nobody has had before, from the system's source of randomness."""
    drawn = ("".join(secrets.choice(symbols) for _ in range(length)) for symbols, length in (_ID, _SECRET))
    return Credential(*drawn)


def read(text: str) -> Credential | None:
    """The credential that a text spells, or None when it was not made here."""
    match = PATTERN.fullmatch(text)
    if match is None:
        return None
    credential = Credential(match[1], match[2])
    return credential if _checksum(credential) == match[3] else None


def lifetime(text: str) -> float | None:
    """Seconds of ``12h`` or ``90d``; None for ``never``.

    Raises:
        ValueError: it is neither.
    """
    if not re.fullmatch(LIFETIME, text):
        raise ValueError(f"expires must be hours or days, such as 12h or 90d, or {NEVER}")
    return None if text == NEVER else int(text[:-1]) * _UNITS[text[-1]]


def _checksum(credential: Credential) -> str:
    left, symbols = zlib.crc32(f"{credential.id}_{credential.secret}".encode()), ""
    for _ in range(6):
        left, symbol = divmod(left, 62)
        symbols = _SECRET[0][symbol] + symbols
    return symbols
