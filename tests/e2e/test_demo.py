"""What a newcomer sees first."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import requests

pytestmark = pytest.mark.timeout(400)

ENDING = re.compile(r"demo: 4 pushes, 2 live, 1 rolled back, 1 rejected, 1 replayed, 0 of (\d+) requests failed")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo")


def demo(folder: Path, *flags: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "cli", "demo", "--data-dir", str(folder), *flags]
    return subprocess.run(command, env={**os.environ, **variables}, capture_output=True, text=True, timeout=380)


def test_the_demo_tells_its_whole_story_and_can_be_left_running(folder: Path) -> None:
    told = demo(folder, "--keep")
    ending = ENDING.search(told.stdout)
    assert told.returncode == 0, told.stdout + told.stderr
    assert ending is not None
    assert int(ending[1]) > 500
    address = re.search(r"still running: (\S+), password (\S+)", told.stdout)
    assert address is not None
    assert requests.get(f"{address[1]}/readyz", timeout=5).status_code == 200


def test_the_next_demo_ends_the_one_left_running_and_leaves_nothing(folder: Path) -> None:
    told = demo(folder)
    assert told.returncode == 0, told.stdout + told.stderr
    running = subprocess.run(["ps", "ax", "-o", "args="], capture_output=True, text=True).stdout
    assert str(folder) not in running.replace(" ".join(sys.argv), "")


def test_a_demo_that_cannot_be_told_fails_and_says_where_the_logs_are(folder: Path, tmp_path: Path) -> None:
    told = demo(folder, PATH=str(tmp_path))  # there is no git on this PATH
    assert told.returncode == 1
    assert "git" in told.stderr
    assert str(folder / "logs") in told.stderr
    assert "Traceback" not in told.stderr
