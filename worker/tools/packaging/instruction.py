"""One instruction of a Dockerfile and what its text says. Knows no stages.

The classic grammar, without here-documents: https://docs.docker.com/reference/dockerfile/
"""

import json
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Instruction:
    """``name`` in capitals; ``value`` with its continued lines joined; ``line`` is where it begins, from 0."""

    name: str
    value: str
    line: int

    @property
    def pairs(self) -> dict[str, str]:
        """What ``ENV`` or ``ARG`` sets: ``KEY=value …``, or the old ``KEY value``; an ``ARG`` without a value sets nothing."""
        key, _, rest = self.value.partition(" ")
        if self.name == "ENV" and "=" not in key:
            return {key: rest.strip()}
        return {key: value for key, sign, value in (word.partition("=") for word in _words(self.value)) if sign}

    @property
    def exec_form(self) -> tuple[str, ...] | None:
        """The JSON array of ``CMD``, ``ENTRYPOINT`` or ``COPY``; None when it is no such array."""
        try:
            given = json.loads(self.value)
        except ValueError:
            return None
        return tuple(given) if isinstance(given, list) and all(isinstance(word, str) for word in given) else None

    @property
    def origin(self) -> str | None:
        """The stage or image that a ``COPY --from=`` names."""
        match = re.match(r"(?:--\S+\s+)*?--from=(\S+)", self.value) if self.name == "COPY" else None
        return match[1] if match else None

    @property
    def sources(self) -> tuple[str, ...]:
        """The paths and patterns of the workspace that a ``COPY`` or ``ADD`` takes, as written."""
        if self.name not in ("COPY", "ADD") or self.origin:
            return ()
        plain = Instruction(self.name, re.sub(r"^(?:--\S+\s+)+", "", self.value), self.line)
        words = plain.exec_form or _words(plain.value)
        return tuple(word for word in words[:-1] if "://" not in word)


def instructions(text: str) -> Iterator[Instruction]:
    """Every instruction of the text in order; comments and blank lines are left out, inside a continued one too."""
    pending, start = "", 0
    for number, line in enumerate(text.splitlines()):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        start = start if pending else number
        pending += re.sub(r"\\\s*$", "", line)
        if not re.search(r"\\\s*$", line):
            yield _instruction(pending, start)
            pending = ""
    if pending:
        yield _instruction(pending, start)


def _instruction(text: str, line: int) -> Instruction:
    name, *value = text.split(maxsplit=1)
    return Instruction(name.upper(), "".join(value).strip(), line)


def _words(value: str) -> tuple[str, ...]:
    try:
        return tuple(shlex.split(value))
    except ValueError:  # a lone quote, which the engine will refuse in its own words
        return tuple(value.split())
