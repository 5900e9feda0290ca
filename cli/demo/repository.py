"""The demo's git repository: a bare one with the webhook as its post-receive hook, and a clone that pushes to it."""

import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cli.demo import post_receive
from pipeline.errors import PushrailError

TEMPLATE = Path(__file__).resolve().parents[2] / "app_template"
NAME = "demo/iris"


@dataclass(frozen=True, slots=True)
class Repository:
    """``bare`` is what Pushrail pulls from, ``clone`` is where a developer works; ``environment`` is what git runs with."""

    bare: Path
    clone: Path
    environment: Mapping[str, str]

    def push(self, message: str, edits: Mapping[str, tuple[str, str]]) -> str:
        """Commit edits (path → old text, new text) and push; the commit's id. What the hook was answered goes to the terminal."""
        for path, (old, new) in edits.items():
            file = self.clone / path
            text = file.read_text()
            if old not in text:
                raise PushrailError(f"app_template/{path} does not hold {old!r} any more; the demo cannot make its edit")
            file.write_text(text.replace(old, new))
        self._git("add", "--all")
        self._git("commit", "--quiet", "--message", message)
        self._git("push", "--quiet", "origin", "main")
        return self._git("rev-parse", "HEAD").strip()

    def _git(self, *args: str) -> str:
        return git(self.clone, self.environment, *args)


def create(folder: Path, webhook: str, environment: Mapping[str, str]) -> Repository:
    """Make both repositories under ``folder``; the clone holds a copy of ``app_template``, not yet committed."""
    bare, clone = folder / f"{NAME}.git", folder / "work"
    bare.mkdir(parents=True)
    own = {**environment, "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1"}
    git(bare, own, "init", "--quiet", "--bare", "--initial-branch", "main")
    hook = bare / "hooks" / "post-receive"
    words = [sys.executable, post_receive.__file__, webhook, NAME]
    hook.write_text(f"#!/bin/sh\nexec {shlex.join(words)}\n")
    hook.chmod(0o755)
    shutil.copytree(TEMPLATE, clone, ignore=shutil.ignore_patterns("__pycache__", ".*_cache", "model", ".venv", "metrics.json"))
    git(clone, own, "init", "--quiet", "--initial-branch", "main")
    git(clone, own, "config", "user.name", "demo")
    git(clone, own, "config", "user.email", "demo@example.com")
    git(clone, own, "remote", "add", "origin", str(bare))
    return Repository(bare, clone, own)


def git(folder: Path, environment: Mapping[str, str], *args: str) -> str:
    try:
        done = subprocess.run(["git", *args], cwd=folder, env=dict(environment), capture_output=True, text=True)
    except FileNotFoundError as error:
        raise PushrailError("the demo needs git, and there is none on PATH") from error
    if done.returncode:
        raise PushrailError(f"git {args[0]} failed: {done.stderr.strip()}")
    return done.stdout
