"""The rolling update's decision: what is done next from how replicas stand, and what holds whatever happens in between."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.gateway.rolling import Drain, Member, Start, complete, next_act
from worker.gateway.status import State

_STATES = {"s": State.STARTING, "r": State.READY, "u": State.UNREADY, "f": State.FAILED}


def _members(old: str, current: str) -> list[Member]:
    """Numbered from 1, the old ones first; a letter is a replica's state."""
    letters = [(letter, False) for letter in old] + [(letter, True) for letter in current]
    return [Member(number, is_current, _STATES[letter]) for number, (letter, is_current) in enumerate(letters, 1)]


@pytest.mark.parametrize(
    ("old", "current", "wanted", "act"),
    [
        pytest.param("", "", 2, Start(), id="a first release starts"),
        pytest.param("", "s", 2, Start(), id="a first release starts all its replicas at once"),
        pytest.param("", "ss", 2, None, id="all wanted are there: wait"),
        pytest.param("", "rr", 2, None, id="complete: nothing"),
        pytest.param("rr", "", 2, Start(), id="one more than wanted is started first"),
        pytest.param("rr", "s", 2, None, id="none leaves before the new one is ready"),
        pytest.param("rr", "r", 2, Drain(1), id="one leaves for the one that is ready"),
        pytest.param("r", "r", 2, Start(), id="the next is started"),
        pytest.param("r", "rs", 2, None, id="and waited for"),
        pytest.param("r", "rr", 2, Drain(1), id="the last old one leaves"),
        pytest.param("rr", "f", 2, None, id="a new one that fails costs no old one"),
        pytest.param("rr", "u", 2, None, id="nor does one that became unready"),
        pytest.param("rf", "s", 2, None, id="a failed old one stays while the new one may fail too"),
        pytest.param("rf", "r", 2, Drain(2), id="a failed old one leaves before a ready one"),
        pytest.param("rrs", "", 2, Drain(3), id="a newer release takes the place of one that is starting"),
        pytest.param("f", "rr", 2, Drain(1), id="restore: the bad one leaves at once"),
        pytest.param("ff", "", 2, Start(), id="after a bad first release the next one starts"),
        pytest.param("ff", "s", 2, None, id="and is waited for"),
        pytest.param("", "rrr", 2, Drain(1), id="fewer wanted: the oldest leaves"),
        pytest.param("", "rfr", 2, Drain(2), id="fewer wanted: the unready one leaves"),
        pytest.param("", "rr", 3, Start(), id="more wanted: one is started"),
        pytest.param("r", "", 1, Start(), id="a single replica is replaced the same way"),
        pytest.param("r", "s", 1, None, id="a single replica serves until the new one is ready"),
        pytest.param("r", "r", 1, Drain(1), id="a single replica leaves then"),
        pytest.param("rr", "r", 0, Drain(3), id="none wanted: all leave"),
    ],
)
def test_next_act(old: str, current: str, wanted: int, act: Start | Drain | None) -> None:
    assert next_act(_members(old, current), wanted) == act


@pytest.mark.parametrize(
    ("old", "current", "expected"), [("", "rr", True), ("", "rs", False), ("", "r", False), ("r", "rr", False), ("rr", "", False)]
)
def test_complete_means_the_wanted_replicas_ready_and_no_other(old: str, current: str, expected: bool) -> None:
    assert complete(_members(old, current), 2) is expected


def test_an_app_that_is_stopped_is_not_complete() -> None:
    assert complete([], 0) is False


@given(wanted=st.integers(1, 5), fates=st.lists(st.booleans(), max_size=40))
def test_an_update_never_has_fewer_ready_than_wanted_nor_more_than_one_extra(wanted: int, fates: list[bool]) -> None:
    members = _members("r" * wanted, "")
    for well in [*fates, *[True] * 40]:
        members = _act(members, wanted)
        assert sum(member.state is State.READY for member in members) >= wanted
        assert len(members) <= wanted + 1
        members = _grow(members, well)
    assert complete(members, wanted)


def _act(members: list[Member], wanted: int) -> list[Member]:
    while act := next_act(members, wanted):
        if isinstance(act, Start):
            members = [*members, Member(max((member.id for member in members), default=0) + 1, True, State.STARTING)]
        else:
            members = [member for member in members if member.id != act.id]
    return members


def _grow(members: list[Member], well: bool) -> list[Member]:
    """What is not ready becomes so, or fails."""
    grown = State.READY if well else State.FAILED
    return [member if member.state is State.READY else Member(member.id, member.current, grown) for member in members]
