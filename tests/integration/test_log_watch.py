"""The watch over all logs of a session, in sessions of its own."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SESSION = """
import logging, os, subprocess, sys
from tests.secret import secret
def test_it(tmp_path):
    planted = secret("planted") + str(os.getpid())
    {act}
"""


def session(folder: Path, act: str) -> "subprocess.CompletedProcess[str]":
    (folder / "test_it.py").write_text(SESSION.format(act=act))
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.log_watch", "-p", "no:cacheprovider", "-c", "/dev/null"]
    where = [f"--rootdir={folder}", f"--basetemp={folder / 'temporary'}", str(folder / "test_it.py")]
    return subprocess.run([*command, *where], cwd=ROOT, capture_output=True, text=True)


@pytest.mark.parametrize(
    ("act", "place"),
    [
        ("logging.getLogger('some.library').debug('got %s', planted)", "test_it.py:6 in "),
        ("logging.getLogger().error('failed', exc_info=ValueError(planted))", "test_it.py:6 in "),
        ("(tmp_path / 'server.log').write_text('all is well\\n' + planted)", "server.log:2: a secret"),
        ("(tmp_path / 'logs').mkdir(); (tmp_path / 'logs' / 'worker-1.log').write_text(planted)", "worker-1.log:1: a secret"),
    ],
)
def test_a_planted_secret_fails_a_session_whose_tests_pass_and_is_told_by_its_place(tmp_path: Path, act: str, place: str) -> None:
    ended = session(tmp_path, act)
    assert ended.returncode == 1
    assert "1 passed" in ended.stdout
    assert place in ended.stdout
    assert "planted-" not in ended.stdout


def test_a_session_without_a_leak_passes(tmp_path: Path) -> None:
    ended = session(tmp_path, "logging.getLogger().debug('all is well')")
    assert (ended.returncode, "secrets in logs" in ended.stdout) == (0, False), ended.stdout


def test_processes_that_a_test_starts_tell_everything(tmp_path: Path) -> None:
    code = "from pipeline import logs; logs.begin('x'); import logging; logging.debug(1)"
    act = f"assert b'x DEBUG 1' in subprocess.run([sys.executable, '-c', {code!r}], capture_output=True).stderr"
    ended = session(tmp_path, act)
    assert ended.returncode == 0, ended.stdout
