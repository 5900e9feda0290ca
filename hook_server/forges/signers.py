"""Whose secret vouches for a request. Every comparison takes constant time, and every secret is compared."""

import hmac
import re
from collections.abc import Callable, Mapping

from hook_server.forges.request import Request
from pipeline.errors import BadSignature

Secrets = Mapping[str, tuple[str, ...]]
"""By app; an app has several while one is being replaced."""


def signers(secrets: Secrets, signed: Callable[[str], bool]) -> dict[str, int]:
    """Find the apps one of whose secrets vouches for a request.

    Args:
        signed: whether a secret does; takes as long for a wrong one as for the right one.

    Returns:
        By app, which of its secrets it was, counted from 1.

    Raises:
        BadSignature: none does.
    """
    found = {app: [signed(secret) for secret in theirs] for app, theirs in secrets.items()}
    if not any(map(any, found.values())):
        raise BadSignature("wrong")
    return {app: right.index(True) + 1 for app, right in found.items() if any(right)}


def presented(request: Request, header: str, pattern: str) -> re.Match[str]:
    """What a request brings to be believed, if it looks like it at all; raises BadSignature."""
    value = request.headers.get(header.lower(), "")
    if match := re.fullmatch(pattern, value):
        return match
    raise BadSignature("malformed" if value else "missing")


def hex_digest(secret: str, body: bytes) -> bytes:
    """HMAC-SHA256 in lower-case hex, as GitHub, Gitea and Forgejo sign."""
    return hmac.digest(secret.encode(), body, "sha256").hex().encode()


def same(header: str, right: bytes) -> bool:
    """Whether a header says exactly these bytes, found out in constant time; servers decode headers as Latin-1 (PEP 3333)."""
    return hmac.compare_digest(header.encode("latin-1", "replace"), right)
