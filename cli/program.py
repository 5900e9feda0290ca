"""One program to keep running: how it is started, when it is started again, and how it is ended. Knows nothing of what it does."""

import logging
import os
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import PushrailError
from worker.mortal import die_with_parent

STEADY_SECONDS = 60.0
"""A program that ran that long before it died is not one that dies at every start."""

_LAST_LINES = 10
logger = logging.getLogger(__name__)


class ProgramFailed(PushrailError):
    """A program did not come up."""


@dataclass(frozen=True, slots=True)
class Program:
    """What is to run.

    Args:
        name: for messages and for its log file.
        command: its argument vector.
        ready: whether it is up; asked until it says so.
        patience: seconds it has to come up.
        grace: seconds it has to end after SIGTERM; a second SIGTERM and 5 more seconds follow, then SIGKILL.
        rereads: whether it reads its files again at SIGHUP, which would end another one.
    """

    name: str
    command: Sequence[str]
    ready: Callable[[], bool] = lambda: True
    patience: float = 30.0
    grace: float = 10.0
    rereads: bool = False


def pause(deaths: int) -> float:
    """Seconds before a program is started again that died so many times in a row: 1, 2, 4 and so on, 30 at most."""
    return float(min(2 ** min(deaths - 1, 5), 30))


class Running:
    """A program's process, and after its death the time of its next start.

    Args:
        environment: all its variables.
        logs: the folder its output is appended in, or None to pass it on.
        now: monotonic seconds.
    """

    def __init__(self, program: Program, environment: Mapping[str, str], logs: Path | None, now: float) -> None:
        self.program = program
        self._environment = environment
        self._log = logs / f"{program.name}.log" if logs else None
        self._deaths = 0
        self._due: float | None = None
        self._start(now)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def code(self) -> int | None:
        """The exit code once it has ended, negative after a signal."""
        return self._process.poll()

    def look_after(self, now: float) -> None:
        """Note its death and, when its pause is over, start it again; returns at once."""
        if self._due is not None:
            if now >= self._due:
                self._start(now)
        elif self.code is not None:
            self._deaths = 1 if now - self._started >= STEADY_SECONDS else self._deaths + 1
            self._due = now + pause(self._deaths)
            logger.warning("%s %s and is started again in %g s%s", self.program.name, self.ending, pause(self._deaths), self._where)

    def failure(self, what: str) -> ProgramFailed:
        """That it did not come up, with the last that it said."""
        return ProgramFailed("\n".join([f"{self.program.name} did not come up: it {what}{self._where}", *self._last()]))

    @property
    def ending(self) -> str:
        code = self.code or 0
        return f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"

    def end(self) -> None:
        """End it, gently at first, and wait for it."""
        for number, patience in ((signal.SIGTERM, self.program.grace), (signal.SIGTERM, 5.0), (signal.SIGKILL, 5.0)):
            if self.code is None:
                self._process.send_signal(number)
            try:
                self._process.wait(patience)
                return
            except subprocess.TimeoutExpired:
                continue

    def hang_up(self) -> None:
        """Have it read its files again, if that is what it does at SIGHUP."""
        if self.program.rereads and self.code is None:
            self._process.send_signal(signal.SIGHUP)

    def _start(self, now: float) -> None:
        # a session of its own: Ctrl-C reaches this process alone, which then stops the others in order
        with self._log.open("ab") if self._log else nullcontext() as output:
            self._begin = os.fstat(output.fileno()).st_size if output else 0
            self._process = subprocess.Popen(
                list(self.program.command),
                env=dict(self._environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                preexec_fn=die_with_parent,
            )
        self._started, self._due = now, None

    @property
    def _where(self) -> str:
        return f"; see {self._log}" if self._log else ""

    def _last(self) -> list[str]:
        if self._log is None:
            return []
        with self._log.open("rb") as text:
            text.seek(self._begin)
            return [line.decode("utf-8", "replace").rstrip() for line in text.readlines()[-_LAST_LINES:]]
