"""Runs several programs as one: started in order, each once the one before is up; started again when one dies; stopped in reverse.
SIGHUP is passed on.

Knows nothing of what the programs do.
"""

import signal
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cli.program import Program, Running


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
    _running: list[Running] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)

    def run(self, when_up: Callable[[], None] = lambda: None) -> None:
        """Start everything, call ``when_up``, and keep everything running until SIGTERM, SIGINT or ``stop``.

        Raises:
            ProgramFailed: a program did not come up; the others have been stopped.
        """
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._stop.set())
        signal.signal(signal.SIGHUP, lambda *_: self._hang_up())
        try:
            for program in self.programs:
                self._start(program)
            if not self._stop.is_set():
                when_up()
            while not self._stop.wait(0.2):
                for running in self._running:
                    running.look_after(time.monotonic())
        finally:
            while self._running:
                self._running.pop().end()

    def stop(self) -> None:
        self._stop.set()

    def _hang_up(self) -> None:
        for running in self._running:
            running.hang_up()

    def _start(self, program: Program) -> None:
        if self._stop.is_set():
            return
        begun = time.monotonic()
        running = Running(program, self.environment, self.logs, begun)
        self._running.append(running)
        while not self._stop.is_set():
            up = program.ready()
            if running.code is not None:  # asked last: what answers for a dead program is another one
                raise running.failure(running.ending)
            if up:
                return
            if time.monotonic() - begun > program.patience:
                raise running.failure(f"was not ready within {program.patience:g} s")
            self._stop.wait(0.05)
