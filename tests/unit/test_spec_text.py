"""What is no YAML, or too clever YAML: told in a line, and never at the price of a hang."""

from pathlib import Path

import pytest

from pipeline.errors import SpecError
from pipeline.spec import load, parse
from tests.unit.spec_file import LOCAL, SOURCE, app, file, problems

ANCHORS = "the file: its anchors (&) and aliases (*) stand for too much; write it out"
LAUGHS = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{one}: &{one} [{', '.join([f'*{before}'] * 9)}]\n" for before, one in zip("abcdefgh", "bcdefghi", strict=True)
)
MERGES = "a: &a {x: 1}\n" + "".join(
    f"{one}: &{one} {{<<: [{', '.join([f'*{before}'] * 9)}]}}\n" for before, one in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "the file: is empty; it begins with version: 1 and apps:"),
        ("# nothing yet\n", "the file: is empty; it begins with version: 1 and apps:"),
        ("a: [1\n", "not YAML: line 2, column 1: expected ',' or ']', but got '<stream end>'"),
        ("\ta: 1\n", "not YAML: line 1, column 1: found character '\\t' that cannot start any token"),
        ("a: 1\n---\nb: 2\n", "not YAML: line 2, column 1: but found another document"),
        ("? [a, b]\n: 1\n", "not YAML: line 1, column 3: found unhashable key"),
        ("a: *nowhere\n", "not YAML: line 1, column 4: found undefined alias 'nowhere'"),
    ],
)
def test_what_is_no_yaml_is_told_with_its_place(text: str, said: str) -> None:
    assert problems(text) == (said,)


@pytest.mark.parametrize("text", ["a: \x00\n", f"a: {'9' * 5000}\n", "a: 2024-02-31\n", "a: !!bool perhaps\n", "a: !!timestamp soon\n"])
def test_what_pyyaml_stumbles_over_is_an_error_of_the_file(text: str) -> None:
    assert problems(text)[0].startswith("not YAML: ")


@pytest.mark.parametrize("text", ["[" * 600, "{a: " * 600, "[" * 600 + "]" * 600, "- " * 600 + "a\n"])
def test_a_file_nested_too_deeply_is_an_error_of_the_file(text: str) -> None:
    assert problems(text) == ("not YAML for Pushrail: it is nested too deeply",)


def test_no_tag_makes_an_object() -> None:
    (told,) = problems("a: !!python/object/apply:os.getcwd []\n")
    assert "could not determine a constructor" in told


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (file() + "version: 1\n", "version: stands there twice, in line 1 and in line 4"),
        (file(app(), app()), "apps.iris: stands there twice, in line 3 and in line 4"),
        (
            file(app(target="{kind: local, port: 9000, port: 9001}")),
            "apps.iris.target.port: stands there twice, in line 3 and in line 3",
        ),
        (
            file(app(more="steps: [pull, {build: {timeout: 1s, timeout: 2s}}]")),
            "apps.iris.steps[1].build.timeout: stands there twice, in line 3 and in line 3",
        ),
    ],
)
def test_a_key_that_stands_twice_is_refused_instead_of_the_last_one_taken(text: str, said: str) -> None:
    assert problems(text) == (said,)


@pytest.mark.parametrize(
    "text", [LAUGHS, LAUGHS + "version: *i\n", MERGES, f"version: 1\napps: {{iris: {{steps: &s [{'*s'}]}}}}\n", "&a [*a]\n"]
)
def test_anchors_that_stand_for_too_much_are_refused_at_once(text: str) -> None:
    assert problems(text) == (ANCHORS,)


def test_anchors_and_merges_of_a_sane_size_are_taken() -> None:
    spec = parse(
        "version: 1\napps:\n"
        f"  iris: &iris {{source: &where {SOURCE}, image: {{engine: local}}, target: {LOCAL}}}\n"
        "  rose: {<<: *iris, source: *where, target: {kind: local, port: 9001}}\n"
    )
    assert spec.apps["rose"].source == spec.apps["iris"].source


def test_a_byte_order_mark_is_no_key() -> None:
    assert parse("\ufeff" + file())


def test_a_file_that_is_not_there_is_told_with_its_path(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=r"no\.yaml: cannot be read: No such file or directory; --config or PUSHRAIL_CONFIG"):
        load(tmp_path / "no.yaml")


def test_a_file_that_is_not_utf_8_is_told_as_such(tmp_path: Path) -> None:
    (tmp_path / "p.yaml").write_bytes(b"version: 1 # \xff\n")
    with pytest.raises(SpecError, match=r"p\.yaml: cannot be read: it is not UTF-8"):
        load(tmp_path / "p.yaml")
