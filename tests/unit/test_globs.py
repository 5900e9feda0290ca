"""Which paths a glob means."""

import pytest

from pipeline.globs import touches


@pytest.mark.parametrize(
    ("glob", "path", "matches"),
    [
        ("**", "a/b/c", True),
        ("*", "a", True),
        ("*", "a/b", False),
        ("**/*.py", "a.py", True),
        ("**/*.py", "x/y/a.py", True),
        ("data/**", "data/x", True),
        ("data/**", "data", False),
        ("a/**/z", "a/z", True),
        ("a/**/z", "a/b/c/z", True),
        ("a?c", "abc", True),
        ("a?c", "a/c", False),
        ("a.b", "axb", False),
        ("a[1]", "a[1]", True),
        ("*", "line\nbreak", True),
    ],
)
def test_globs_match_whole_paths(glob: str, path: str, matches: bool) -> None:
    assert touches([path], [glob]) is matches


@pytest.mark.parametrize(
    ("changed", "globs", "matches"),
    [
        (["a", "c"], ["b", "c"], True),
        (["bc"], ["b", "c"], False),
        (["a|b"], ["a|b"], True),
        (["a"], ["a|b"], False),
        ([], ["**"], False),
        ([""], [], False),
        (["a"], [], False),
    ],
)
def test_any_path_may_match_any_glob(changed: list[str], globs: list[str], matches: bool) -> None:
    assert touches(changed, globs) is matches
