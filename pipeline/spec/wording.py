"""What pydantic finds wrong, in the words of whoever wrote ``pipeline.yaml``: the key's path and what to write there. Decides nothing."""

from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from typing import Any

_SAID = {
    "missing": "is missing",
    "model_type": "must be a mapping of keys to values, not {given}",
    "dict_type": "must be a mapping of keys to values, not {given}",
    "tuple_type": "must be a list, not {given}",
    "string_type": "must be text, not {given}",
    "int_type": "must be a whole number, not {given}",
    "float_type": "must be a number, not {given}",
    "bool_type": "must be true or false, not {given}",
    "literal_error": "must be {expected}, not {given}",
    "greater_than": "must be more than {gt:g}",
    "greater_than_equal": "must be at least {ge:g}",
    "less_than_equal": "must be at most {le:g}",
    "finite_number": "must be a finite number",
}
_KEY = "[key]"
"""How pydantic marks that it is a mapping's key, not its value, that is wrong."""


def brief(value: object) -> str:
    """What stands there, in few words, and of long text no more than its beginning."""
    match value:
        case None:
            return "nothing"
        case bool():
            return str(value).lower()
        case str():
            return repr(value) if len(value) <= 40 else f"{value[:40]!r}…"
        case int() | float():
            return f"the number {value:.15g}"
        case list():
            return "a list"
        case dict():
            return "a mapping"
    return f"a {type(value).__name__}"


def nearest(given: object, known: Sequence[str]) -> str:
    return get_close_matches(str(given), known, n=1, cutoff=0.0)[0]


def problems(raw: Any, found: Any) -> Iterator[str]:
    """One ``key.path: what is wrong`` line for each thing that one of pydantic's errors tells of the file's content ``raw``."""
    if found["type"] == "unknown_keys":
        for key, near in found["ctx"]["nearest"].items():
            yield f"{_key_path(raw, [*found['loc'], key])}: unknown key; the nearest valid one is '{near}'"
        return
    yield f"{_key_path(raw, [*found['loc'], *found.get('ctx', {}).get('at', ())]) or 'the file'}: {_said(found)}"


def _said(found: Any) -> str:
    told = _SAID.get(found["type"], found["msg"].removeprefix("Value error, "))
    if found["type"] not in _SAID:
        return str(told)
    said = told.format(given=_given(found), **found.get("ctx", {}))
    return f"{said}; put it in quotes" if found["type"] == "string_type" and not isinstance(found["input"], list | dict | None) else said


def _given(found: Any) -> str:
    """Only what can be a slip of the pen is repeated: text that stands where none belongs may be anything, a secret too."""
    return "text" if isinstance(found["input"], str) and found["type"] != "literal_error" else brief(found["input"])


def _key_path(raw: Any, loc: Sequence[Any]) -> str:
    """``apps.iris.steps[2].verify.soak``; a part that names a variant of a type, and no key of the file, is left out."""
    path, here, parts = "", raw, [part for part in loc if part != _KEY]
    for position, part in enumerate(parts):
        last = position == len(parts) - 1
        if isinstance(here, list) and isinstance(part, int):
            path, here = f"{path}[{part}]", here[part] if part < len(here) else None
        elif isinstance(here, dict) and (part in here or last):
            path, here = f"{path}.{part}", here.get(part)
    return path.removeprefix(".")
