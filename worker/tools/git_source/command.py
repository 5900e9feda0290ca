"""The only importer of git: one command of it, with nothing of this machine's configuration, bounded in time and mortal.

The token is in no argument, no file and no URL: git asks for it through GIT_ASKPASS and finds it in its own environment (GitPython#1927
shows what a token in the URL comes to).
"""

import os
import signal
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from git import Git
from git.exc import GitCommandNotFound

from pipeline.errors import ToolError
from worker.mortal import die_with_parent

REMOTE = ("fetch", "ls-remote")
"""What speaks to a server: it alone is given the token, and may go through another time."""

_ASKPASS = """#!/bin/sh
case "$1" in *"://$PUSHRAIL_GIT_HOST'"* | *"@$PUSHRAIL_GIT_HOST'"*) ;; *) exit 1 ;; esac
case "$1" in Username*) echo x-access-token ;; *) printf '%s\\n' "$PUSHRAIL_GIT_TOKEN" ;; esac
"""
_SSH = "ssh -o BatchMode=yes -o ConnectTimeout=15 -o ServerAliveInterval=10 -o ServerAliveCountMax=3 -o ControlPath=none"


@dataclass(frozen=True, slots=True)
class Access:
    """How a server is spoken to.

    Args:
        host: of ``pipeline.yaml``; the token is for it and for none that it redirects to.
        token: for HTTPS, or empty.
        silence: seconds after which a server that says nothing is given up.
    """

    host: str
    token: str = field(repr=False)
    silence: int


def run(args: tuple[str, ...], folder: Path, env: Mapping[str, str], access: Access, lock: int | None) -> tuple[int, str, str]:
    """Run git to its end.

    Args:
        folder: where it runs, and where the script is kept that hands the token over.
        env: variables of this command alone.
        lock: a descriptor that git and its children inherit.

    Returns:
        Exit code, output, and on one line what it said of errors.
    """
    variables = {**_settled(access), "GIT_ASKPASS": str(_askpass(folder)), "PUSHRAIL_GIT_HOST": access.host, **env}
    variables["PUSHRAIL_GIT_TOKEN"] = access.token if args[0] in REMOTE else ""
    code, output, said = _run(args, folder, variables, () if lock is None else (lock,))
    said = " ".join(said.split())
    return code, output, said.replace(access.token, "***") if access.token else said


def _run(args: tuple[str, ...], folder: Path, variables: dict[str, str], descriptors: tuple[int, ...]) -> tuple[int, str, str]:
    """In a session of its own, which ends when we are interrupted; when we are killed, the kernel ends git."""
    try:
        started = Git(folder).execute(
            ["git", *args], as_process=True, env=variables, start_new_session=True, preexec_fn=die_with_parent, pass_fds=descriptors
        )
    except GitCommandNotFound as error:
        raise ToolError("git", "is not installed on this worker, or not on its PATH") from error
    process = started.proc  # `started` would end it when it goes out of scope
    assert process is not None
    try:
        output, said = process.communicate()
    except BaseException:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        raise
    return process.returncode, output.decode("utf-8", "replace"), said.decode("utf-8", "replace")


def _settled(access: Access) -> dict[str, str]:
    config = {
        "core.hooksPath": "/dev/null",
        "gc.auto": "0",
        "maintenance.auto": "false",
        "http.lowSpeedLimit": "1",
        "http.lowSpeedTime": str(access.silence),
    }
    return {
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_CONFIG_PARAMETERS": "",
        "GIT_CONFIG_COUNT": str(len(config)),
        **{f"GIT_CONFIG_KEY_{number}": name for number, name in enumerate(config)},
        **{f"GIT_CONFIG_VALUE_{number}": value for number, value in enumerate(config.values())},
        "GIT_ALLOW_PROTOCOL": "file:https:http:ssh:git",
        "GIT_SSH_COMMAND": _SSH,
    }


def _askpass(folder: Path) -> Path:
    """The script that hands the token over; put in place whole, since another worker may be calling it."""
    path = folder / "askpass"
    if not path.exists() or path.read_text() != _ASKPASS:
        with tempfile.NamedTemporaryFile("w", dir=folder, delete=False) as script:
            script.write(_ASKPASS)
        Path(script.name).chmod(0o700)
        Path(script.name).rename(path)
    return path
