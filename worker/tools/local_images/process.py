"""A process of this machine and its children: started, listened to, ended. Knows nothing of what it runs.

It gets a group of its own, which ends with it, with its time, or with the worker, however that ends.
"""

import contextlib
import math
import os
import resource
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import StepFailed
from worker.gateway.watchdog import Watchdog
from worker.tools.packaging.output import Output

SYSTEM_PATH = "/usr/local/bin:/usr/bin:/bin"
TICK = 0.2


@dataclass(frozen=True, slots=True)
class Program:
    """What is started.

    Args:
        words: the program and its arguments.
        folder: its working directory.
        variables: all of its environment.
        seconds: it may take.
        memory: bytes of data each of its processes may hold, where the kernel can be told (Linux); None for no bound.
        files: descriptors it inherits.
    """

    words: Sequence[str]
    folder: Path
    variables: Mapping[str, str]
    seconds: float = math.inf
    memory: int | None = None
    files: tuple[int, ...] = ()


def follow(program: Program, output: Output) -> int | None:
    """Run a program to its end, passing what it prints to ``output`` as it comes.

    Returns:
        Its exit code, negative for a signal; None when its time was over and it was killed.

    Raises:
        StepFailed: it cannot be started.
    """
    watchdog = Watchdog()
    try:
        process = _start(program)
        try:
            watchdog.add(process.pid)
            _bound(process.pid, program.memory)
            return process.wait() if _ended(process, program.seconds, output) else None
        finally:
            _kill(process)
            watchdog.remove(process.pid)
    finally:
        watchdog.close()
        output.close()


def _start(program: Program) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            program.words,
            cwd=program.folder,
            env=program.variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=program.files,
        )
    except OSError as error:
        raise StepFailed(f"the command {program.words[0]!r} cannot be started: {error.strerror}") from error


def _bound(pid: int, memory: int | None) -> None:
    """Bound the data of the process: RLIMIT_AS would also count what libraries merely reserve, and break them."""
    if memory is not None and sys.platform == "linux":
        with contextlib.suppress(ProcessLookupError):
            resource.prlimit(pid, resource.RLIMIT_DATA, (memory, memory))


def _ended(process: subprocess.Popen[bytes], seconds: float, output: Output) -> bool:
    """Whether it ended by itself within its time; a child that keeps its output open is not waited for."""
    deadline = time.monotonic() + seconds
    assert process.stdout
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while (left := deadline - time.monotonic()) > 0:
            if selector.select(min(left, TICK)):
                chunk = os.read(process.stdout.fileno(), 65536)
                output.write(chunk)
                if not chunk:
                    return _closed(process, left)
            elif process.poll() is not None:
                return True
    return False


def _closed(process: subprocess.Popen[bytes], left: float) -> bool:
    try:
        process.wait(None if left == math.inf else left)
    except subprocess.TimeoutExpired:
        return False
    return True


def _kill(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):  # macOS says the latter of a group of zombies
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert process.stdout
    process.stdout.close()
