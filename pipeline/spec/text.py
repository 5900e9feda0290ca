"""YAML text into plain values, more careful than PyYAML: no key twice, and no anchors that blow a small file up. Knows no key."""

from collections.abc import Iterator
from typing import Any

import yaml
from yaml.constructor import SafeConstructor

from pipeline.errors import SpecError

_MOST = 100_000
"""Values in a file with every anchor written out; a few hundred lines can otherwise stand for more than memory holds."""


def read(text: str) -> Any:
    """The one document of a text; None when it is empty.

    Raises:
        SpecError: it is no YAML, has a key twice, or its anchors lead to themselves or to too much.
    """
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        if node is None:
            return None
        _bounded(node)
        if doubled := tuple(_doubled(node, "", set())):
            raise SpecError(doubled)
        return SafeConstructor().construct_document(node)
    except yaml.MarkedYAMLError as error:
        raise SpecError((f"not YAML: {_where(error)}{error.problem}",)) from error
    except RecursionError as error:
        raise SpecError(("not YAML for Pushrail: it is nested too deeply",)) from error
    except (yaml.YAMLError, ValueError, LookupError, TypeError, AttributeError) as error:  # PyYAML lets these out of odd numbers and dates
        raise SpecError((f"not YAML: {' '.join(str(error).split())}",)) from error


def _where(error: yaml.MarkedYAMLError) -> str:
    mark = error.problem_mark or error.context_mark
    return f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""


def _bounded(root: yaml.Node) -> None:
    if _size(root, {}) > _MOST:
        raise SpecError(("the file: its anchors (&) and aliases (*) stand for too much; write it out",))


def _size(node: yaml.Node, sizes: dict[int, int]) -> int:
    """How many values it stands for; each node is counted once, so that this takes no longer than the text is."""
    if id(node) not in sizes:
        sizes[id(node)] = _MOST + 1  # what is met again before it is counted holds itself
        sizes[id(node)] = 1 + sum(_size(part, sizes) for part in _parts(node))
    return sizes[id(node)]


def _parts(node: yaml.Node) -> Iterator[yaml.Node]:
    for part in node.value if isinstance(node, yaml.CollectionNode) else ():
        yield from part if isinstance(part, tuple) else (part,)


def _doubled(node: yaml.Node, path: str, seen: set[int]) -> Iterator[str]:
    if id(node) in seen:
        return
    seen.add(id(node))
    if isinstance(node, yaml.MappingNode):
        yield from _keys_twice(node, path)
        for key, value in node.value:
            yield from _doubled(value, _below(path, key), seen)
    elif isinstance(node, yaml.SequenceNode):
        for position, item in enumerate(node.value):
            yield from _doubled(item, f"{path}[{position}]", seen)


def _keys_twice(node: yaml.MappingNode, path: str) -> Iterator[str]:
    lines: dict[tuple[str, str], int] = {}
    for key in (key for key, _ in node.value if isinstance(key, yaml.ScalarNode)):
        name, line = (key.tag, key.value), key.start_mark.line + 1
        if name in lines:
            yield f"{_below(path, key)}: stands there twice, in line {lines[name]} and in line {line}"
        lines.setdefault(name, line)


def _below(path: str, key: yaml.Node) -> str:
    return f"{path}.{key.value if isinstance(key, yaml.ScalarNode) else '?'}".removeprefix(".")
