"""A command of the app as a process of this machine, in a copy of the workspace and with none of the worker's variables.

No isolation: it can read what the worker can read, memory is bounded for each process and not for all together, and neither network nor
processors are. Code that is not trusted belongs on the Docker engine.
"""

import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from pipeline.errors import StepFailed
from worker.tool import Command, Log
from worker.tools.local_images.folder import copy_plain
from worker.tools.local_images.process import SYSTEM_PATH, Program, follow
from worker.tools.packaging.content import bring_back
from worker.tools.packaging.output import Output

DEFAULTS = {"LANG": "C.UTF-8", "PYTHONHASHSEED": "0", "PYTHONUNBUFFERED": "1"}
_UNITS = {"m": 2**20, "g": 2**30}


def run(runs: Path, app: str, programs: Path, command: Command, workspace: Path, log: Log) -> None:
    """Run ``command`` as ``worker.tool.Images.run`` says; what a killed worker left of the same app's below ``runs`` is removed first."""
    with _scratch(runs, app) as scratch:
        code, home = scratch / "code", scratch / "home"
        shutil.copytree(workspace, code, symlinks=True)
        home.mkdir()
        output = Output(log)
        _judge(follow(_program(command, code, home, programs), output), command, output.last)
        for path in command.collect:
            bring_back(workspace, path, partial(_copy, code, path.strip("/")))


@contextmanager
def _scratch(runs: Path, app: str) -> Iterator[Path]:
    runs.mkdir(parents=True, exist_ok=True)
    for left in runs.glob(f"{app}.*"):
        shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=f"{app}.", dir=runs, ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def _program(command: Command, code: Path, home: Path, programs: Path) -> Program:
    variables = {**DEFAULTS, **command.variables, **_places(programs, home)}
    return Program(command.words, code, variables, command.limits.seconds, _bytes(command.limits.memory))


def _places(programs: Path, home: Path) -> dict[str, str]:
    return {"PATH": f"{programs}:{SYSTEM_PATH}", "HOME": str(home), "TMPDIR": str(home)}


def _bytes(memory: str) -> int:
    return int(memory[:-1]) * _UNITS[memory[-1]]


def _judge(code: int | None, command: Command, last: str) -> None:
    what, limits = " ".join(command.words), command.limits
    if code is None:
        raise StepFailed(f"`{what}` was killed: it ran over its {limits.seconds:g} s\n{last}".strip())
    if code and any(word in last for word in ("MemoryError", "bad_alloc")):
        raise StepFailed(f"`{what}` failed: it used more than its {limits.memory} of memory\n{last}".strip())
    if code < 0:
        raise StepFailed(f"`{what}` was killed by {signal.Signals(-code).name}\n{last}".strip())
    if code:
        raise StepFailed(f"`{what}` ended with exit code {code}\n{last}".strip())


def _copy(code: Path, path: str, destination: Path) -> None:
    source = code / path
    if not source.resolve().is_relative_to(code.resolve()) or not source.exists():
        raise StepFailed(f"{path} is not there: the command did not write it")
    copy_plain(source, destination)
