"""What both engines promise of a command whose run is ended from outside: nothing of it is left, at once."""

import os
import signal
from contextlib import suppress
from pathlib import Path

import pytest
from docker.errors import NotFound

from tests.integration.image_app import LIMITS, App
from tests.waiting import wait_until
from worker import halt
from worker.tool import Command
from worker.tools.docker_images.engine import connect
from worker.tools.local_images import LocalImages

FOR_EVER = """
import os, socket, subprocess, sys, time
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print(socket.gethostname(), os.getpid(), flush=True)
time.sleep(600)
"""


def test_a_command_whose_run_is_ended_from_outside_dies_with_its_children(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    environment, before = app.environment(), signal.getsignal(signal.SIGUSR1)
    told: list[str] = []

    def on_its_first_line(line: str) -> None:
        told.append(line)
        halt.tell(os.getpid())

    halt.obey()
    try:
        with pytest.raises(halt.Halted):
            app.images.run(environment, Command(["python3", "-c", FOR_EVER], LIMITS, {}, ()), app.workspace, on_its_first_line)
    finally:
        signal.signal(signal.SIGUSR1, before)
    host, pid = told[0].split()
    left = left_here if isinstance(app.images, LocalImages) else left_on_the_engine
    wait_until(lambda: not left(host, int(pid)))


def left_here(host: str, pid: int) -> bool:
    """Whether the command's process, or any of the session it leads, still lives."""
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            state, _, _, session = path.read_text().rpartition(")")[2].split()[:4]
            if int(session) == pid and state != "Z":
                return True
    return False


def left_on_the_engine(host: str, pid: int) -> bool:
    """Whether the container is there; its name is that of its host."""
    client = connect()
    try:
        client.containers.get(host)
    except NotFound:
        return False
    finally:
        client.close()
    return True
