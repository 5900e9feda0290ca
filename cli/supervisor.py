"""Runs several programs as one: started in order, each once the one before is up; started again when one dies; stopped in reverse.

Knows nothing of what the programs do.
"""

import logging
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.errors import PushrailError
from worker.mortal import die_with_parent

logger = logging.getLogger(__name__)


class ProgramFailed(PushrailError):
    """A program did not come up, or does not stay up."""


@dataclass(frozen=True, slots=True)
class Program:
    """One program to keep running.

    Args:
        name: for messages and for its log file.
        command: its argument vector.
        ready: whether it is up; asked until it says so.
        patience: seconds it has to come up.
        grace: seconds it has to end after SIGTERM; a second SIGTERM and 5 more seconds follow, then SIGKILL.
    """

    name: str
    command: Sequence[str]
    ready: Callable[[], bool] = lambda: True
    patience: float = 30.0
    grace: float = 10.0


@dataclass
class Supervisor:
    """Keeps programs running until it is told to stop.

    Args:
        programs: in the order they are started.
        environment: all variables of every program.
        logs: the folder each program's output is appended in, or None to pass it on.
    """

    programs: Sequence[Program]
    environment: Mapping[str, str]
    logs: Path | None = None
    _running: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)
    _stop: threading.Event = field(default_factory=threading.Event)

    def run(self, when_up: Callable[[], None] = lambda: None) -> None:
        """Start everything, call ``when_up``, and keep everything running until SIGTERM, SIGINT or ``stop``.

        Raises:
            ProgramFailed: a program did not come up; the others have been stopped.
        """
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: self._stop.set())
        try:
            for program in self.programs:
                self._start(program)
            if not self._stop.is_set():
                when_up()
            while not self._stop.wait(0.2):
                self._revive()
        finally:
            self._stop_all()

    def stop(self) -> None:
        self._stop.set()

    def _start(self, program: Program) -> None:
        self._running[program.name] = self._spawn(program)
        until = time.monotonic() + program.patience
        while not self._stop.is_set() and not program.ready():
            if self._running[program.name].poll() is not None or time.monotonic() > until:
                raise ProgramFailed(f"{program.name} did not come up{self._where(program)}")
            self._stop.wait(0.05)

    def _revive(self) -> None:
        for program in self.programs:
            code = self._running[program.name].poll()
            if code is not None:
                logger.warning("%s ended with %s and is started again%s", program.name, code, self._where(program))
                self._stop.wait(1.0)
                self._running[program.name] = self._spawn(program)

    def _spawn(self, program: Program) -> "subprocess.Popen[bytes]":
        # a session of its own: Ctrl-C reaches this process alone, which then stops the others in order
        with (self.logs / f"{program.name}.log").open("ab") if self.logs else nullcontext() as output:
            return subprocess.Popen(
                list(program.command),
                env=dict(self.environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                preexec_fn=die_with_parent,
            )

    def _where(self, program: Program) -> str:
        return f"; see {self.logs / program.name}.log" if self.logs else ""

    def _stop_all(self) -> None:
        for program in reversed(self.programs):
            if program.name in self._running:
                _end(self._running.pop(program.name), program.grace)


def _end(process: "subprocess.Popen[bytes]", grace: float) -> None:
    for name, patience in ((signal.SIGTERM, grace), (signal.SIGTERM, 5.0), (signal.SIGKILL, 5.0)):
        if process.poll() is None:
            process.send_signal(name)
        try:
            process.wait(patience)
            return
        except subprocess.TimeoutExpired:
            continue
