"""Globs for the names of paths and of tags. Pure; reads no folder."""

import re
from collections.abc import Iterable
from functools import lru_cache

_PARTS = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}


def touches(changed: Iterable[str], globs: Iterable[str]) -> bool:
    """Whether any path matches any glob: ``**`` is any number of folders, ``*`` and ``?`` stay within one name."""
    return any(map(_pattern(tuple(globs)).fullmatch, changed))


@lru_cache(maxsize=1000)
def _pattern(globs: tuple[str, ...]) -> re.Pattern[str]:
    """What matches one of them; where there is none, nothing does."""
    return re.compile("|".join(map(_expression, globs)) or "(?!)", re.DOTALL)


def _expression(glob: str) -> str:
    parts = re.split(r"(\*\*/|\*\*|\*|\?)", glob)
    return "".join(_PARTS.get(part, re.escape(part)) for part in parts)
