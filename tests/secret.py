"""Secrets as long as they must be, and all that must never be in a log."""

import hashlib

HIDDEN: set[str] = set()
"""Every secret and signature that was made in this process."""


def hidden(value: str) -> str:
    """The value, remembered as one that no log may hold."""
    HIDDEN.add(value)
    return value


def secret(word: str) -> str:
    """One for each word, of more than 32 bytes, that begins with it."""
    return hidden(f"{word}-{hashlib.sha256(word.encode()).hexdigest()[:32]}")
