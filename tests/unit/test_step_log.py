"""The log a worker writes: what is shown, what is not, and that an outage of Redis costs nothing."""

import threading
import time
from pathlib import Path

import pytest

from pipeline.errors import StoreUnavailable
from tests.waiting import wait_until
from worker.step_log import StepLog


class Shared:
    """What has arrived; while ``away``, nothing does."""

    def __init__(self) -> None:
        self.text = b""
        self.sizes: list[int] = []
        self.away = False
        self.asked = 0

    def __call__(self, piece: bytes) -> None:
        self.asked += 1
        if self.away:
            raise StoreUnavailable("away")
        self.text += piece
        self.sizes.append(len(piece))


@pytest.fixture
def shared() -> Shared:
    return Shared()


def written(tmp_path: Path, *texts: str, hidden: tuple[str, ...] = ()) -> list[str]:
    """The lines that come of these texts, without their times."""
    with StepLog(tmp_path / "logs" / "r1.log", lambda piece: None, hidden) as log:
        for text in texts:
            log.line(text)
    lines = (tmp_path / "logs" / "r1.log").read_text("utf-8").split("\n")
    assert lines.pop() == ""
    return [line.partition(" ")[2] for line in lines]


def test_each_line_carries_the_time_of_day_in_utc(tmp_path: Path) -> None:
    with StepLog(tmp_path / "r1.log", lambda piece: None, clock=lambda: 86_399.0) as log:
        log.line("one\ntwo")
    assert (tmp_path / "r1.log").read_text() == "23:59:59 one\n23:59:59 two\n"


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", [""]),
        ("one", ["one"]),
        ("one\n", ["one"]),
        ("one\r\ntwo\r\n", ["one", "two"]),
        ("10%\r20%\r30%", ["10%", "20%", "30%"]),
        ("a\tb", ["a\tb"]),
        ("a\x00b\x1b[31mc\x07\x7f\x9b1m", ["ab[31mc1m"]),
        ("a\u202eb\u2066c", ["abc"]),
        ("grün 😀", ["grün 😀"]),
        ("lone \udc80", ["lone ?"]),
    ],
)
def test_a_line_reads_as_it_is(text: str, lines: list[str], tmp_path: Path) -> None:
    assert written(tmp_path, text) == lines


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("token is s3cr3t.", ["token is ***."]),
        ("s3cr3ts3cr3t", ["******"]),
        ("s3c\x00r3t", ["***"]),
        ("s3c\u202er3t", ["***"]),
        ("first line\r\nsecond line", ["***"]),
        ("s3cr3t-and-more", ["***"]),
    ],
)
def test_secrets_are_hidden(text: str, lines: list[str], tmp_path: Path) -> None:
    assert written(tmp_path, text, hidden=("first line\nsecond line", "s3cr3t-and-more", "s3cr3t")) == lines


def test_a_huge_line_is_bounded_and_says_what_is_missing(tmp_path: Path) -> None:
    (line,) = written(tmp_path, "€" * 1_000_000)
    assert line == "€" * 16_384 + "… (983616 more characters)"


def test_what_is_written_arrives_while_the_run_goes_on(tmp_path: Path, shared: Shared) -> None:
    with StepLog(tmp_path / "r1.log", shared, clock=lambda: 0) as log:
        log.line("one")
        assert wait_until(lambda: shared.text) == b"00:00:00 one\n"


def test_an_outage_loses_nothing_and_keeps_the_order(tmp_path: Path, shared: Shared) -> None:
    with StepLog(tmp_path / "r1.log", shared) as log:
        log.line("before")
        wait_until(lambda: shared.text)
        shared.away = True
        for number in range(100):
            log.line(f"line {number}")
        asked = shared.asked
        wait_until(lambda: shared.asked > asked)
        shared.away = False
    assert shared.text == (tmp_path / "r1.log").read_bytes()
    assert shared.text.count(b"\n") == 101


def test_a_long_log_is_shipped_in_pieces_of_whole_lines(tmp_path: Path, shared: Shared) -> None:
    shared.away = True
    with StepLog(tmp_path / "r1.log", shared) as log:
        for _ in range(100):
            log.line("€" * 16_000)
        shared.away = False
    assert shared.text == (tmp_path / "r1.log").read_bytes()
    assert max(shared.sizes) <= 256 * 1024
    assert len(shared.sizes) > 15


def test_lines_of_several_threads_stay_whole(tmp_path: Path, shared: Shared) -> None:
    with StepLog(tmp_path / "r1.log", shared) as log:
        threads = [threading.Thread(target=lambda n=n: [log.line(f"{n} " + "x" * 1000) for _ in range(50)]) for n in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert {len(line) for line in shared.text.splitlines()} == {1011}
    assert shared.text.count(b"\n") == 200


def test_the_end_waits_until_redis_is_back(tmp_path: Path, shared: Shared) -> None:
    shared.away = True
    log = StepLog(tmp_path / "r1.log", shared)
    log.line("the last word")
    closing = threading.Thread(target=log.close)
    closing.start()
    asked = shared.asked
    wait_until(lambda: shared.asked > asked + 1)
    assert closing.is_alive()
    shared.away = False
    closing.join(10)
    assert b"the last word" in shared.text


def test_the_end_waits_no_longer_than_its_patience_and_the_file_stays(tmp_path: Path, shared: Shared) -> None:
    shared.away = True
    log = StepLog(tmp_path / "r1.log", shared)
    log.line("the last word")
    begun = time.monotonic()
    log.close(patience=0.1)
    assert time.monotonic() - begun < 5
    assert "the last word" in (tmp_path / "r1.log").read_text()


def test_another_attempt_continues_the_file_and_ships_only_its_own(tmp_path: Path, shared: Shared) -> None:
    for attempt in ("one", "two"):
        shared.text = b""
        with StepLog(tmp_path / "r1.log", shared, clock=lambda: 0) as log:
            log.line(attempt)
    assert shared.text == b"00:00:00 two\n"
    assert (tmp_path / "r1.log").read_text() == "00:00:00 one\n00:00:00 two\n"
