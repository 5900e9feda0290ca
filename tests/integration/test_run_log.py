"""A run's log in Redis: read from an offset, waited for, and bounded with a word about it."""

from collections.abc import Iterator

import pytest

from pipeline.connection import impatient
from pipeline.errors import StoreUnavailable
from pipeline.run_log import MOST_BYTES, RunLog

LAST = "… log cut at 4 MiB; the whole of it is on the worker as logs/r1.log\n".encode()


@pytest.fixture
def log(redis_url: str) -> RunLog:
    return RunLog(impatient(redis_url))


def pieces(log: RunLog, limit: int) -> Iterator[bytes]:
    offset = 0
    while piece := log.read("r1", offset, limit):
        yield piece
        offset += len(piece)


def test_a_log_that_was_never_written_is_empty(log: RunLog) -> None:
    assert log.read("r1", 0) == b""


def test_text_is_read_from_an_offset_in_bytes(log: RunLog) -> None:
    for text in ("grün\n", "rot\n"):
        log.append("r1", text.encode())
    assert (log.read("r1", 0), log.read("r1", 6), log.read("r1", 99)) == ("grün\nrot\n".encode(), b"rot\n", b"")


@pytest.mark.parametrize("limit", [4, 5, 6, 7])
def test_no_read_ends_within_a_character(log: RunLog, limit: int) -> None:
    text = "aé€😀\n" * 5
    log.append("r1", text.encode())
    found = list(pieces(log, limit))
    assert all(piece.decode() for piece in found)
    assert b"".join(found).decode() == text


def test_a_character_whose_end_is_still_to_come_waits_for_it(log: RunLog) -> None:
    whole = "€".encode()
    log.append("r1", b"a" + whole[:2])
    assert log.read("r1", 0) == b"a"
    log.append("r1", whole[2:])
    assert log.read("r1", 1) == whole


def test_bytes_that_are_no_utf_8_hold_nothing_up(log: RunLog) -> None:
    log.append("r1", b"\xff\xfeabc")
    assert b"".join(pieces(log, 3)) == b"\xff\xfeabc"


@pytest.mark.parametrize("filler", ["x" * 99 + "\n", "€" * 33 + "\n", "x" * 10_000])
def test_a_log_that_is_cut_says_so_once_and_grows_no_more(log: RunLog, filler: str) -> None:
    chunk = (filler * (1_000_000 // len(filler.encode()))).encode()
    for _ in range(6):
        log.append("r1", chunk)
    whole = b"".join(pieces(log, 1_000_000))
    assert whole.endswith(b"\n" + LAST)
    assert whole.count(LAST) == 1
    assert MOST_BYTES <= len(whole) < MOST_BYTES + 200
    assert whole.decode()


def test_a_log_that_stays_under_the_limit_is_whole(log: RunLog) -> None:
    log.append("r1", b"x" * (MOST_BYTES - 1))
    assert log.redis.strlen("pushrail:log:r1") == MOST_BYTES - 1


def test_a_redis_that_is_away_is_told_as_such() -> None:
    with pytest.raises(StoreUnavailable):
        RunLog(impatient("redis://127.0.0.1:1")).append("r1", b"x")
