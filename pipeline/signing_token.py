"""A signing token: a webhook's secret that is never sent, only signed with. Pure.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import binascii
import re

PREFIX = "whsec_"
"""What it begins with; the key follows it in base64."""

LEAST_KEY = 24
"""Bytes; the specification allows no shorter key, and with an empty one anybody could sign."""


def key(secret: str) -> bytes:
    """The token's key; empty where the secret is no signing token, or none that can be used."""
    match = re.fullmatch(f"{PREFIX}([A-Za-z0-9+/]+)=*", secret)
    if match is None or len(match[1]) % 4 == 1:
        return b""
    found = binascii.a2b_base64(match[1] + "=" * (-len(match[1]) % 4))
    return found if len(found) >= LEAST_KEY else b""
