"""Globs for the names of paths and of tags. Pure; reads no folder."""

import re
from collections.abc import Iterable
from functools import lru_cache

_PARTS = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}


def touches(changed: Iterable[str], globs: Iterable[str]) -> bool:
    """Whether any path matches any glob: ``**`` is any number of folders, ``*`` and ``?`` stay within one name."""
    patterns = [_compiled(glob) for glob in globs]
    return any(pattern.fullmatch(path) for path in changed for pattern in patterns)


@lru_cache(maxsize=1000)
def _compiled(glob: str) -> re.Pattern[str]:
    parts = re.split(r"(\*\*/|\*\*|\*|\?)", glob)
    return re.compile("".join(_PARTS.get(part, re.escape(part)) for part in parts), re.DOTALL)
