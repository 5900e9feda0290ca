"""The root pipeline.yaml is the reference of the format: file and schema say the same."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import pytest
import yaml
from pydantic import TypeAdapter
from pydantic.fields import FieldInfo

from pipeline.spec import App, Step, load, parse
from pipeline.spec.values import Mapped

PATH = Path(__file__).parents[2] / "pipeline.yaml"
TEXT = PATH.read_text("utf-8")
EVERYTHING_ON = re.sub(r"(?m)^( *)#(?=[^ \n])", r"\1", TEXT)


class Key(NamedTuple):
    """One key of the file: the type and the field it sets, and the comment right above it."""

    model: type[Mapped]
    name: str
    said: str

    @property
    def field(self) -> FieldInfo:
        return self.model.model_fields[self.name]


def keys(node: yaml.Node, value: Any) -> Iterator[Key]:
    """Walk the file and what was read from it side by side."""
    if isinstance(node, yaml.ScalarNode) and isinstance(value, Step):
        yield Key(Step, node.value, "")
    if isinstance(node, yaml.SequenceNode):
        for item, part in zip(node.value, value, strict=True):
            yield from keys(item, part)
    if isinstance(node, yaml.MappingNode):
        for named, item in node.value:
            if isinstance(value, Mapped):
                yield Key(_declarer(type(value), named.value), named.value, _comment_above(named.start_mark.line))
            yield from keys(item, value[named.value] if isinstance(value, dict) else getattr(value, named.value))


def _declarer(model: type[Mapped], name: str) -> type[Mapped]:
    return next(parent for parent in model.__mro__ if name in vars(parent).get("__annotations__", {}))


def _comment_above(line: int) -> str:
    lines = EVERYTHING_ON.splitlines()
    first = line
    while lines[first - 1].lstrip().startswith("# "):
        first -= 1
    return " ".join(text.strip().removeprefix("# ") for text in lines[first:line])


def models(model: type[Mapped] = Mapped) -> Iterator[type[Mapped]]:
    for child in model.__subclasses__():
        yield child
        yield from models(child)


FIELDS = [
    (model, name)
    for model in models()
    for name in vars(model).get("__annotations__", {})
    if name in model.model_fields and (model, name) != (App, "name")  # the app's own key is its name
]
KEYS = list(keys(yaml.compose(EVERYTHING_ON), parse(EVERYTHING_ON)))
EXPLAINED = [key for key in KEYS if re.search(r"Default: |Required\.", key.said)]


def test_the_file_as_it_stands_is_accepted() -> None:
    assert set(load(PATH).apps) == {"iris"}


def test_the_file_with_every_setting_turned_on_is_accepted() -> None:
    assert set(parse(EVERYTHING_ON).apps) == {"iris", "iris-alone", "iris-here"}


@pytest.mark.parametrize(("model", "name"), FIELDS, ids=lambda part: getattr(part, "__name__", part))
def test_every_key_of_the_schema_is_shown(model: type[Mapped], name: str) -> None:
    assert (model, name) in {(key.model, key.name) for key in KEYS}


@pytest.mark.parametrize(("model", "name"), [field for field in FIELDS if field[0] is not Step])
def test_every_key_is_explained_where_it_is_shown(model: type[Mapped], name: str) -> None:
    assert (model, name) in {(key.model, key.name) for key in EXPLAINED}


@pytest.mark.parametrize("key", EXPLAINED, ids=lambda key: f"{key.model.__name__}.{key.name}")
def test_what_the_file_calls_required_and_default_is_so(key: Key) -> None:
    told = re.search(r"Default: (.*)$", key.said)
    assert key.field.is_required() == (told is None) == key.said.endswith("Required.")
    if told:
        read = TypeAdapter(Annotated[key.field.annotation, key.field]).validate_python(yaml.safe_load(told[1]))
        assert read == key.field.default


def test_no_key_stands_twice_in_one_mapping() -> None:
    def repeated(node: yaml.Node) -> Iterator[str]:
        parts = node.value if isinstance(node, yaml.CollectionNode) else []
        names = [part[0].value for part in parts if isinstance(part, tuple)]
        yield from {name for name in names if names.count(name) > 1}
        for part in parts:
            yield from repeated(part[1] if isinstance(part, tuple) else part)

    assert list(repeated(yaml.compose(EVERYTHING_ON))) == []


def test_no_step_is_missing_from_the_example() -> None:
    assert [step.name for step in load(PATH).apps["iris"].steps] == [step.name for step in App.model_fields["steps"].default]
