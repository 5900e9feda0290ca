"""Secrets in logs: how they are found, and how they are told without being told once more. Pure."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pipeline.token import PATTERN

FORMS = {
    "a signature": re.compile(r"\bsha256=[0-9a-f]{64}|\bv1,[A-Za-z0-9+/]{43}="),
    "an Authorization": re.compile(r"\b(?:Bearer|Basic|Token) +(?!realm=)[A-Za-z0-9._~+/=-]{12,}", re.IGNORECASE),
    "a token": PATTERN,
}
"""What tells itself by its form; the rest is known by its value."""

DIGEST = re.compile(r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")


@dataclass(frozen=True, slots=True)
class Leak:
    """``line`` with the secret masked, and what it was."""

    place: str
    what: str
    line: str

    def __str__(self) -> str:
        return f"{self.place}: {self.what}: {self.line}"


def leaks(place: str, text: str, known: Iterable[str]) -> Iterator[Leak]:
    """Every line with a secret in it, once for each kind; ``place`` is told with the line's number."""
    values = set(known)
    digests = {value for value in values if DIGEST.fullmatch(value)}  # thousands, so they are not looked for one by one
    words = sorted(values - digests, key=len, reverse=True)
    for number, line in enumerate(text.splitlines(), 1):
        secret = any(word in line for word in words) or not digests.isdisjoint(DIGEST.findall(line))
        found = ["a secret"] * secret + [what for what, form in FORMS.items() if form.search(line)]
        yield from (Leak(f"{place}:{number}", what, _masked(line, words)) for what in found)


def _masked(line: str, words: Iterable[str]) -> str:
    for word in words:
        line = line.replace(word, "***")
    for form in (*FORMS.values(), DIGEST):
        line = form.sub("***", line)
    return line.strip()[:300]
