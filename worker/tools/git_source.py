"""The only importer of git: an app's repository as a bare mirror, and its commits as clean folders.

The URL and the branch come from ``pipeline.yaml`` alone. The token is in no argument, no file and no URL: git asks for it through
GIT_ASKPASS and finds it in its own environment (GitPython#1927 shows what a token in the URL comes to).
"""

import fcntl
import hashlib
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.errors import SettingsError, StepFailed, ToolError
from pipeline.spec import Source

try:
    from git import Git, GitCommandError
except ImportError as error:  # GitPython looks for the program when it is imported
    raise SettingsError("git is not installed, or not on PATH; the worker pulls with it") from error

_ASKPASS = """#!/bin/sh
case "$1" in Username*) echo x-access-token ;; *) printf '%s\\n' "$PUSHRAIL_GIT_TOKEN" ;; esac
"""
_GONE = ("not our ref", "couldn't find remote ref", "unadvertised object", "remote did not send all")


class GitSource:
    """One repository seen with one credential; two credentials never share a mirror.

    Args:
        source: the app's source.
        folder: where mirrors live on this machine.
        token: for HTTPS, or None.
    """

    def __init__(self, source: Source, folder: Path, token: str | None) -> None:
        self._source = source
        self._folder = folder
        name = hashlib.sha256(f"{source.url}\n{token or ''}".encode()).hexdigest()[:16]
        self._mirror = folder / f"{name}.git"
        self._token = token

    def tip(self) -> str:
        """The commit the branch is at now; StepFailed when there is no such branch."""
        said = self._git("ls-remote", "--end-of-options", self._source.url, self._source.ref)
        if not said:
            raise StepFailed(f"{self._source.url} has no branch {self._source.branch}; check source.branch")
        return said.split()[0]

    def export(self, commit: str, destination: Path) -> None:
        """Bring a commit into the mirror if it is not there and write its files, and nothing else, into ``destination``.

        Raises:
            StepFailed: the repository no longer has the commit.
        """
        if not re.fullmatch(r"[0-9a-f]{40}|[0-9a-f]{64}", commit):
            raise StepFailed(f"{commit!r} is no commit id")
        if not self._has(commit):
            self._fetch(commit)
        destination.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self._folder) as scratch:
            apart = {"GIT_INDEX_FILE": f"{scratch}/index", "GIT_DIR": str(self._mirror), "GIT_WORK_TREE": str(destination)}
            self._git("read-tree", commit, env=apart)
            self._git("checkout-index", "--all", "--force", env=apart)

    def subject(self, commit: str) -> str:
        """The first line of an exported commit's message."""
        return self._git("log", "-1", "--format=%s", "--end-of-options", commit)

    def _has(self, commit: str) -> bool:
        if not (self._mirror / "HEAD").exists():
            return False
        try:
            self._git("cat-file", "-e", f"{commit}^{{commit}}")
        except ToolError:
            return False
        return True

    def _fetch(self, commit: str) -> None:
        # a private ref keeps the commit from git's own clean-up; unlocked fetches into one mirror fail with "cannot lock ref"
        with self._locked():
            if self._has(commit):
                return
            self._ensure_mirror()
            try:
                self._git("fetch", "--no-tags", "--end-of-options", self._source.url, f"+{commit}:refs/pushrail/{commit}")
            except ToolError as error:
                if any(mark in str(error) for mark in _GONE):
                    raise StepFailed(f"{self._source.url} no longer has commit {commit}; it was overwritten by a forced push") from error
                raise

    def _ensure_mirror(self) -> None:
        if not (self._mirror / "HEAD").exists():
            shutil.rmtree(self._mirror, ignore_errors=True)
            self._mirror.mkdir()
            self._git("init", "--bare", "--quiet")
            self._git("config", "gc.auto", "0")
        for lock in self._mirror.rglob("*.lock"):  # left behind by a killed fetch; ours is the only one under way
            lock.unlink(missing_ok=True)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with self._mirror.with_suffix(".flock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _git(self, *args: str, env: dict[str, str] | None = None) -> str:
        self._folder.mkdir(parents=True, exist_ok=True)
        here = self._mirror if self._mirror.exists() else self._folder
        try:
            return str(Git(here).execute(["git", *args], env={**self._environment(), **(env or {})}))
        except GitCommandError as error:
            said = " ".join(str(error.stderr).split()).removeprefix("stderr: ").strip("'")
            raise ToolError("git", f"{args[0]} failed: {said}", transient=args[0] in ("fetch", "ls-remote")) from error

    def _environment(self) -> dict[str, str]:
        askpass = self._folder / "askpass"
        if not askpass.exists():
            askpass.touch(mode=0o700)
            askpass.write_text(_ASKPASS)
        return {
            "GIT_ASKPASS": str(askpass),
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": "/dev/null",
            "GIT_ALLOW_PROTOCOL": "file:https:http:ssh:git",
            "GIT_SSH_COMMAND": "ssh -o BatchMode=yes",
            "LC_ALL": "C",
            "PUSHRAIL_GIT_TOKEN": self._token or "",
        }
