"""``pushrail up`` as a process: one for each data folder, and what it says and leaves when something does not come up."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.e2e.installation import free_port
from tests.secret import secret
from tests.unit.spec_file import CLUSTER, app, file
from tests.waiting import wait_until


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "pipeline.yaml"
    path.write_text(file(app(source="{url: 'https://x.com/acme/iris', secret_env: SECRET}", image="{engine: docker}", target=CLUSTER)))
    return path


@contextmanager
def up(config: Path, data: Path, *flags: str) -> Iterator["subprocess.Popen[str]"]:
    """``pushrail up`` as a process of its own; everything it says is one stream."""
    command = [sys.executable, "-m", "cli", "up", "--config", str(config), "--data-dir", str(data), *flags]
    environment = {**os.environ, "SECRET": secret("s")}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            yield process
        finally:
            process.terminate()


def line(process: "subprocess.Popen[str]", mark: str) -> str:
    assert process.stdout is not None
    return next(text for text in process.stdout if mark in text)


def below(folder: Path) -> list[str]:
    """The commands of all processes whose variables name the folder."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if os.fsencode(folder) in (entry / "environ").read_bytes() and int(entry.name) != os.getpid():
                found.append((entry / "cmdline").read_bytes().decode())
        except OSError:
            continue
    return found


def test_a_second_up_on_the_same_folder_is_refused_and_the_first_goes_on(config: Path, tmp_path: Path) -> None:
    data = tmp_path / "a folder of its own"
    with up(config, data, "--listen", f"127.0.0.1:{free_port()}") as first:
        line(first, "pushrail: up at")
        with up(config, data, "--listen", f"127.0.0.1:{free_port()}") as second:
            told = second.communicate(timeout=30)[0]
            assert second.returncode == 1
        assert told == (
            f"pushrail: another pushrail up (process {first.pid}) uses {data}; stop it, or give this one a --data-dir of its own\n"
        )
        assert first.poll() is None
        first.send_signal(signal.SIGTERM)
        assert line(first, "stopped")
        assert first.wait(30) == 0


def test_the_folder_is_free_again_when_up_was_killed(config: Path, tmp_path: Path) -> None:
    for _ in range(2):
        with up(config, tmp_path / "data", "--listen", f"127.0.0.1:{free_port()}") as process:
            line(process, "pushrail: up at")
            process.kill()
        wait_until(lambda: below(tmp_path / "data") == [])


def test_a_program_that_does_not_come_up_is_told_with_its_last_words_and_nothing_stays_behind(config: Path, tmp_path: Path) -> None:
    """The embedded Redis keeps its port from start to start; here another program has taken it meanwhile."""
    (tmp_path / "data" / "redis").mkdir(parents=True)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        (tmp_path / "data" / "redis" / "url").write_text(f"redis://:secret@127.0.0.1:{taken.getsockname()[1]}/0")
        with up(config, tmp_path / "data", "--listen", f"127.0.0.1:{free_port()}") as process:
            told = process.communicate(timeout=60)[0]
    assert process.returncode == 1
    assert f"pushrail: redis did not come up: it ended with exit code 1; see {tmp_path / 'data' / 'logs' / 'redis.log'}" in told
    assert "Address already in use" in told
    assert below(tmp_path / "data") == []
