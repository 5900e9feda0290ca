"""Environments without an engine: virtual environments in folders named by the hash of all that decides them. Never removes one.

A virtual environment knows its own path, so it is made in its place; a marker says that it is whole.
"""

import hashlib
import platform
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from pipeline.errors import StepFailed, ToolError
from worker.tool import Log
from worker.tools.local_images.file_lock import locked
from worker.tools.local_images.process import SYSTEM_PATH, Program, follow
from worker.tools.packaging.content import copied_digest
from worker.tools.packaging.dockerfile import ENVIRONMENT, Dockerfile
from worker.tools.packaging.output import Output

MARKER = ".complete"
REQUIREMENTS = "requirements.txt"
_INSTALLER = ("HOME", "LANG", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")
_INSTALLER_PREFIXES = ("PIP_", "SSL_CERT_")


def find_or_make(root: Path, workspace: Path, dockerfile: Dockerfile, variables: Mapping[str, str], log: Log) -> str:
    """Find the environment of the workspace's ``requirements.txt`` below ``root``, or make it; safe for several workers at once.

    Args:
        variables: the worker's own; the installer gets those that lead it to its index, and no others.

    Returns:
        Its key.

    Raises:
        StepFailed: there is no ``requirements.txt`` or it cannot be installed.
    """
    key = _key(workspace, dockerfile)
    with locked(root / f"{key}.lock") as lock:
        if (root / key / MARKER).exists():
            log(f"environment {key[:12]} is here already")
            return key
        log(f"environment {key[:12]} is new; installing {REQUIREMENTS}")
        shutil.rmtree(root / key, ignore_errors=True)
        _make(root / key, workspace, _for_installer(variables), lock, log)
        (root / key / MARKER).touch()
    return key


def programs(root: Path, key: str) -> Path:
    """The folder of an environment's programs; ToolError when it is not whole or gone."""
    if not (root / key / MARKER).exists():
        raise ToolError("environments", f"{key[:12]} is gone; replay the run that made it")
    return root / key / "bin"


def _key(workspace: Path, dockerfile: Dockerfile) -> str:
    if not (workspace / REQUIREMENTS).is_file():
        raise StepFailed(f"there is no {REQUIREMENTS} at the root of the repository; the embedded engine installs it, so add one")
    stage = dockerfile.stage(ENVIRONMENT)
    text = dockerfile.until_end_of(stage) if stage else ""
    copied = copied_digest(workspace, [REQUIREMENTS, *(dockerfile.sources(stage) if stage else ())])
    return hashlib.sha256("\n".join([platform.python_version(), platform.platform(), text, copied]).encode()).hexdigest()


def _make(folder: Path, workspace: Path, variables: Mapping[str, str], lock: int, log: Log) -> None:
    """The installer holds the lock too: one that outlives a killed worker is not disturbed."""
    _install([sys.executable, "-m", "venv", str(folder)], workspace, variables, lock, log)
    python = str(folder / "bin" / "python")
    install = [python, "-m", "pip", "install", "--disable-pip-version-check", "--no-input", "-r", REQUIREMENTS]
    _install(install, workspace, {**variables, "PATH": f"{folder / 'bin'}:{SYSTEM_PATH}"}, lock, log)


def _install(words: list[str], workspace: Path, variables: Mapping[str, str], lock: int, log: Log) -> None:
    output = Output(log)
    if code := follow(Program(words, workspace, variables, files=(lock,)), output):
        raise StepFailed(f"`{' '.join(words[1:])}` ended with exit code {code}\n{output.last}".strip())


def _for_installer(variables: Mapping[str, str]) -> dict[str, str]:
    led = {name: value for name, value in variables.items() if name.upper() in _INSTALLER or name.startswith(_INSTALLER_PREFIXES)}
    return {"PATH": SYSTEM_PATH, **led}
