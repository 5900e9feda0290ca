"""An installation's processes by what they are, and the answer of the tiny app behind it."""

import json
import os
import urllib.request
from pathlib import Path

from tests.e2e import tiny_app
from tests.e2e.installation import Installation, Repository


def answer(port: int) -> int:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/predict", b"{}", timeout=5) as said:
        return int(json.load(said)["answer"])


def processes(service: Installation) -> list[int]:
    """Every process whose command, environment or working directory names this installation's folder."""
    mark = str(service.folder).encode()
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit() and _names(entry, mark)]


def _names(process: Path, mark: bytes) -> bool:
    try:
        state = (process / "stat").read_text().rpartition(")")[2].split()[0]
        said = (process / "cmdline").read_bytes() + (process / "environ").read_bytes() + os.fsencode((process / "cwd").readlink())
        return state != "Z" and int(process.name) != os.getpid() and mark in said
    except (OSError, IndexError):
        return False


def program_of(service: Installation, name: str) -> int:
    """The process id of one of the installation's programs, by a word of its command or by its title."""
    return next(
        pid for pid in processes(service) if any(name.encode() in Path(f"/proc/{pid}/{part}").read_bytes() for part in ("cmdline", "comm"))
    )


def answered(port: int) -> int:
    try:
        return answer(port)
    except OSError:
        return 0


def parent(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0


def pushed(service: Installation, repository: Repository, **app: object) -> str:
    """Commit this state of the app and push it; the run's id."""
    commit = repository.commit(tiny_app.files(**app))  # type: ignore[arg-type]
    return str(service.push(repository.name, commit).json()["outcomes"][0]["run"])
