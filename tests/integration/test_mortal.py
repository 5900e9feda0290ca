"""A process that dies with its parent, also when that is killed or gone already."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.waiting import wait_until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs prctl(2)")

_PARENT = """
import subprocess, sys, threading, time
from worker.mortal import die_with_parent
child = subprocess.Popen(["sleep", "60"], preexec_fn=die_with_parent)
print(child.pid, flush=True)
threading.Event().wait(60) if sys.argv[1] == "stays" else None
"""


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def parent(how: str) -> tuple["subprocess.Popen[str]", int]:
    process = subprocess.Popen([sys.executable, "-c", _PARENT, how], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    with process.stdout:
        return process, int(process.stdout.readline())


def test_a_killed_parent_takes_its_child_along() -> None:
    process, child = parent("stays")
    assert alive(child)
    process.kill()
    process.wait()
    wait_until(lambda: not alive(child))


def test_a_parent_that_ends_takes_its_child_along() -> None:
    process, child = parent("goes")
    process.wait()
    wait_until(lambda: not alive(child))


def test_a_child_lives_while_its_parent_does() -> None:
    process, child = parent("stays")
    os.kill(child, 0)
    process.send_signal(signal.SIGSTOP)
    assert alive(child)
    process.kill()
    process.wait()
