"""A bare git repository with one commit of a folder, for a service under test to pull from."""

import os
import shutil
import subprocess
from pathlib import Path

TEMPLATE = Path(__file__).parents[2] / "app_template"
UNCOMMITTED = shutil.ignore_patterns("__pycache__", ".*_cache", "model", ".venv", "metrics.json")
ALONE = {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1"}
AUTHOR = {
    f"GIT_{who}_{what}": f"tester{mark}" for who in ("AUTHOR", "COMMITTER") for what, mark in (("NAME", ""), ("EMAIL", "@example.com"))
}


def git(folder: Path, *args: str) -> str:
    done = subprocess.run(["git", *args], cwd=folder, env={**os.environ, **ALONE, **AUTHOR}, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def create(bare: Path, work: Path) -> None:
    """Make the bare repository and, in ``work``, a clone of it with nothing in it."""
    bare.mkdir(parents=True)
    git(bare, "init", "--quiet", "--bare", "--initial-branch", "main")
    work.mkdir(parents=True, exist_ok=True)
    git(work, "init", "--quiet", "--initial-branch", "main")
    git(work, "remote", "add", "origin", str(bare))


def push(work: Path, message: str) -> str:
    """Commit all that is in ``work`` and push it; the commit's id."""
    git(work, "add", "--all")
    git(work, "commit", "--quiet", "--message", message)
    git(work, "push", "--quiet", "origin", "main")
    return git(work, "rev-parse", "HEAD")
