"""A delivery as it is kept, and what its run is known by."""

from dataclasses import replace

import pytest

from pipeline.delivery import MOST_MESSAGE_CHARACTERS, MOST_PATHS_CHARACTERS
from tests.unit.pushes import PUSH


def test_a_delivery_is_kept_as_it_is() -> None:
    assert PUSH.bounded == PUSH


@pytest.mark.parametrize(
    ("changed", "kept"),
    [((), ()), (("a" * MOST_PATHS_CHARACTERS,), ("a" * MOST_PATHS_CHARACTERS,)), (("a", "b" * MOST_PATHS_CHARACTERS), None), (None, None)],
    ids=["none", "just enough", "too many", "not told"],
)
def test_a_list_of_paths_that_is_too_long_is_kept_as_undecided(changed: tuple[str, ...] | None, kept: tuple[str, ...] | None) -> None:
    assert replace(PUSH, changed=changed).bounded.changed == kept


def test_a_long_message_is_cut() -> None:
    assert replace(PUSH, message="x" * 10_000).bounded.message == "x" * MOST_MESSAGE_CHARACTERS


def test_ids_of_two_forges_never_meet() -> None:
    assert replace(PUSH, forge="gitea").claim != PUSH.claim
