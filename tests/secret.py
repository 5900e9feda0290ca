"""Secrets as long as they must be."""

import hashlib


def secret(word: str) -> str:
    """One for each word, of more than 32 bytes, that begins with it."""
    return f"{word}-{hashlib.sha256(word.encode()).hexdigest()[:32]}"
