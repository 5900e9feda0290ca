"""Programs run as one: order of start and stop, what dies, what does not come up, and what does not want to end."""

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from cli.program import Program, ProgramFailed, Running
from cli.supervisor import Supervisor
from tests.waiting import wait_until

_CODE = """
import signal, sys, time
def note(word): open({notes!r}, "a").write(f"{name} {{word}}\\n")
def stop(*_):
    note("stopped")
    sys.exit(0)
signal.signal(signal.SIGTERM, stop)
{then}
note("started")
while True: time.sleep(60)
"""


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    path = tmp_path / "notes"
    path.touch()
    return path


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    """The test runner's own come back."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def program(notes: Path, name: str, then: str = "") -> Program:
    code = _CODE.format(notes=str(notes), name=name, then=then)
    return Program(name, [sys.executable, "-c", code], ready=lambda: f"{name} started" in notes.read_text())


def run(programs: list[Program], logs: Path, meanwhile: Callable[[], None] = lambda: None) -> None:
    """Run the programs to their end: ``meanwhile`` is done beside them once they are up, then they are stopped."""
    supervisor = Supervisor(programs, dict(os.environ), logs)
    failed: list[BaseException] = []

    def live() -> None:
        try:
            meanwhile()
        except BaseException as error:
            failed.append(error)
        supervisor.stop()

    beside = threading.Thread(target=live)
    supervisor.run(when_up=beside.start)
    beside.join()
    assert failed == []


def words(notes: Path) -> list[str]:
    return notes.read_text().splitlines()


def pid_of(name: str, notes: Path) -> int:
    """The process whose code names the program and this test's notes."""
    marks = (f'f"{name} ', str(notes))
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            command = (entry / "cmdline").read_bytes().decode()
        except OSError:
            continue
        if all(mark in command for mark in marks):
            return int(entry.name)
    return 0


def test_programs_start_in_order_and_stop_in_reverse(notes: Path, tmp_path: Path) -> None:
    run([program(notes, name) for name in "abc"], tmp_path)
    assert words(notes) == ["a started", "b started", "c started", "c stopped", "b stopped", "a stopped"]


def test_a_program_that_dies_is_started_again_and_the_others_are_left_alone(notes: Path, tmp_path: Path) -> None:
    def kill() -> None:
        os.kill(pid_of("a", notes), signal.SIGKILL)
        wait_until(lambda: words(notes).count("a started") == 2)

    run([program(notes, "a"), program(notes, "b")], tmp_path, kill)
    assert words(notes) == ["a started", "b started", "a started", "b stopped", "a stopped"]


def test_one_program_s_pause_does_not_keep_another_waiting(notes: Path, tmp_path: Path) -> None:
    """``a`` dies at each of its starts but the first, so that its pauses grow; ``b`` dies once, in one of them."""
    again = f"if 'a started' in open({str(notes)!r}).read(): note('died'); sys.exit(3)"

    def kill() -> None:
        os.kill(pid_of("a", notes), signal.SIGKILL)
        wait_until(lambda: words(notes).count("a died") == 2)
        os.kill(pid_of("b", notes), signal.SIGKILL)
        wait_until(lambda: words(notes).count("b started") == 2)

    run([program(notes, "a", again), program(notes, "b")], tmp_path, kill)
    assert words(notes).count("a died") == 2


def test_a_program_that_ends_before_it_is_up_is_told_with_its_last_words_and_the_others_are_stopped(notes: Path, tmp_path: Path) -> None:
    dying = program(notes, "b", "print('old'); [print(f'word {n}') for n in range(20)]; sys.exit(3)")
    (tmp_path / "b.log").write_text("what an earlier start said\n")
    with pytest.raises(ProgramFailed) as caught:
        run([program(notes, "a"), dying, program(notes, "c")], tmp_path)
    first, *last = str(caught.value).splitlines()
    assert first == f"b did not come up: it ended with exit code 3; see {tmp_path / 'b.log'}"
    assert last == [f"word {number}" for number in range(10, 20)]
    assert words(notes) == ["a started", "a stopped"]


def test_a_program_that_was_killed_before_it_is_up_is_told_as_such(notes: Path, tmp_path: Path) -> None:
    with pytest.raises(ProgramFailed, match="it was killed by SIGKILL"):
        run([program(notes, "a", "import os; os.kill(os.getpid(), signal.SIGKILL)")], tmp_path)


def test_a_program_that_is_never_ready_is_told_with_how_long_it_had(notes: Path, tmp_path: Path) -> None:
    late = replace(program(notes, "a"), ready=lambda: False, patience=0.2)
    with pytest.raises(ProgramFailed, match=r"a did not come up: it was not ready within 0\.2 s"):
        run([late], tmp_path)


def test_what_answers_for_a_dead_program_does_not_make_it_ready(tmp_path: Path) -> None:
    def answered() -> bool:
        wait_until(lambda: (tmp_path / "dead").exists())
        return True

    dead = Program("a", ["sh", "-c", f"touch {tmp_path / 'dead'}; kill -9 $$"], ready=answered)
    with pytest.raises(ProgramFailed, match="was killed by SIGKILL"):
        run([dead], tmp_path, lambda: wait_until(lambda: False))


def test_a_program_that_ignores_a_stop_is_asked_twice_and_then_killed(notes: Path, tmp_path: Path) -> None:
    deaf = program(notes, "a", "signal.signal(signal.SIGTERM, lambda *_: note('asked'))")
    running = Running(replace(deaf, grace=0.2), dict(os.environ), tmp_path, 0.0)
    wait_until(lambda: words(notes))
    running.end()
    assert words(notes) == ["a started", "a asked", "a asked"]
    assert running.code == -signal.SIGKILL


def test_a_stop_while_programs_start_starts_no_more_of_them(notes: Path, tmp_path: Path) -> None:
    supervisor = Supervisor([program(notes, "a"), program(notes, "b")], dict(os.environ), tmp_path)
    asked = replace(program(notes, "a"), ready=lambda: supervisor.stop() is None and bool(words(notes)))
    supervisor.programs = [asked, program(notes, "b")]
    supervisor.run(when_up=lambda: pytest.fail("not everything is up"))
    assert "b started" not in words(notes)


def test_a_hang_up_is_passed_on_to_who_reads_its_files_again_and_ends_nobody(notes: Path, tmp_path: Path) -> None:
    def hang_up() -> None:
        os.kill(os.getpid(), signal.SIGHUP)
        wait_until(lambda: "a hung up" in words(notes))

    hearing = replace(program(notes, "a", "signal.signal(signal.SIGHUP, lambda *_: note('hung up'))"), rereads=True)
    run([hearing, program(notes, "b")], tmp_path, hang_up)
    assert words(notes) == ["a started", "b started", "a hung up", "b stopped", "a stopped"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_everything(number: signal.Signals, notes: Path, tmp_path: Path) -> None:
    Supervisor([program(notes, "a")], dict(os.environ), tmp_path).run(when_up=lambda: os.kill(os.getpid(), number))
    assert words(notes) == ["a started", "a stopped"]
