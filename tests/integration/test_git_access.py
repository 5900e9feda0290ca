"""How git is let loose on a server: where the token goes, what no URL can make it do, and that nothing of it stays behind."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.errors import StepFailed, ToolError
from pipeline.spec import Source
from tests.e2e.installation import Repository
from tests.integration.git_server import serving, silent
from tests.waiting import wait_until
from worker.limit import TimeLimit, limit
from worker.tools.git_source import GitSource

TOKEN = "t0ken/with=odd&signs"
MAIN = "refs/heads/main"

_WORKER = """
import sys
from pathlib import Path
from pipeline.spec import Source
from worker.tools.git_source import GitSource
GitSource(Source(url=sys.argv[1], secret_env=("S",)), Path(sys.argv[2]), None, 60).tip()
"""


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    made = Repository(tmp_path / "git" / "acme" / "iris")
    made.commit({"train.py": "print(1)\n"})
    return made


@pytest.fixture
def argvs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Every argument that git or ssh is started with, by programs in front of them on PATH."""
    folder, written = tmp_path / "bin", tmp_path / "argv"
    folder.mkdir()
    written.touch()
    real = subprocess.run(["sh", "-c", "command -v git"], capture_output=True, text=True, check=True).stdout.strip()
    for name, then in (("git", f'exec {real} "$@"'), ("ssh", "exit 255")):
        (folder / name).write_text(f"#!/bin/sh\nprintf '%s\\n' {name} \"$@\" >> {written}\n{then}\n")
        (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    return written


def source(url: str, tmp_path: Path, token: str | None = TOKEN, silence: int = 30, branch: str = "main") -> GitSource:
    return GitSource(Source.model_construct(url=url, branch=branch, secret_env=("S",)), tmp_path / "mirrors", token, silence)


def of_git(address: str, verb: str) -> bool:
    """Whether git is doing ``verb`` with the server."""
    return any(verb in words and address in words for words in map(_command, Path("/proc").glob("[0-9]*")))


def _command(process: Path) -> str:
    try:
        words = (process / "cmdline").read_bytes().decode("utf-8", "replace").replace("\0", " ")
    except OSError:
        return ""
    return words if words.partition(" ")[0].endswith(("git", "git-remote-http")) else ""


def test_the_token_opens_a_private_repository(repository: Repository, tmp_path: Path) -> None:
    with serving(tmp_path / "git", TOKEN) as served:
        given = source(f"{served.address}/acme/iris", tmp_path)
        given.export(given.tip(), tmp_path / "out")
    assert (tmp_path / "out" / "train.py").exists()
    assert set(served.credentials) == {f"x-access-token:{TOKEN}"}


def test_the_token_is_in_no_argument_and_no_file(repository: Repository, tmp_path: Path, argvs: Path) -> None:
    with serving(tmp_path / "git", TOKEN) as served:
        given = source(f"{served.address}/acme/iris", tmp_path)
        given.export(given.tip(), tmp_path / "out")
    assert "ls-remote" in argvs.read_text()
    held = [path for path in (tmp_path / "mirrors").rglob("*") if path.is_file()] + [argvs]
    assert [path for path in held if TOKEN.encode() in path.read_bytes()] == []


@pytest.mark.parametrize("token", ["wrong-token", None])
def test_a_refusal_says_what_to_check_and_not_the_token_and_is_not_retried(token: str, repository: Repository, tmp_path: Path) -> None:
    with serving(tmp_path / "git", TOKEN) as served, pytest.raises(ToolError, match=r"lets us not in; check source\.token_env") as caught:
        source(f"{served.address}/acme/iris", tmp_path, token).tip()
    assert not caught.value.transient
    assert "wrong-token" not in str(caught.value)


def test_a_repository_the_server_does_not_have_is_told_as_such(repository: Repository, tmp_path: Path) -> None:
    with serving(tmp_path / "git", TOKEN) as served, pytest.raises(ToolError, match="there is no repository at"):
        source(f"{served.address}/acme/rose", tmp_path).tip()


def test_a_host_that_we_are_sent_on_to_never_sees_the_token(repository: Repository, tmp_path: Path) -> None:
    with serving(tmp_path / "git", TOKEN) as other, serving(tmp_path / "git", TOKEN, sends_on=other.address) as first:
        with pytest.raises(ToolError, match="lets us not in"):
            source(f"{first.address}/acme/iris", tmp_path).tip()
        assert other.credentials == []


@pytest.mark.parametrize(
    ("url", "branch"),
    [
        ("ext::sh -c touch% {mark}", "main"),
        ("--upload-pack=touch {mark};", "main"),
        ("-oProxyCommand=touch {mark}", "main"),
        ("ssh://-oProxyCommand=touch%20{mark}/acme/iris", "main"),
        ("git@host:acme/iris\ntouch {mark}", "main"),
        ("{good}", "--upload-pack=touch {mark};"),
        ("{good}", "main\n--upload-pack=touch {mark}"),
    ],
)
def test_hostile_words_do_nothing(url: str, branch: str, repository: Repository, tmp_path: Path, argvs: Path) -> None:
    mark = tmp_path / "mark"
    words = {"mark": mark, "good": repository.folder}
    with pytest.raises((ToolError, StepFailed)):
        source(url.format(**words), tmp_path, None, branch=branch.format(**words)).tip()
    assert not mark.exists()


def test_ssh_never_asks_and_does_not_wait_for_ever(tmp_path: Path, argvs: Path) -> None:
    with pytest.raises(ToolError, match="ls-remote failed"):
        source("git@127.0.0.1:acme/iris.git", tmp_path).tip()
    words = argvs.read_text().splitlines()
    assert {"BatchMode=yes", "ConnectTimeout=15", "ServerAliveInterval=10", "ControlPath=none"} <= set(words)
    assert TOKEN not in words


def test_nobody_s_git_configuration_is_read(repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".gitconfig").write_text(f'[url "{tmp_path}/elsewhere"]\n\tinsteadOf = {repository.folder}\n')
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("GIT_CONFIG_PARAMETERS", f"'url.{tmp_path}/elsewhere.insteadOf={repository.folder}'")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    given = source(str(repository.folder), tmp_path)
    given.export(given.tip(), tmp_path / "out")
    assert (tmp_path / "out" / "train.py").exists()


def test_a_machine_without_git_is_told_as_such(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ToolError, match="git: is not installed on this worker"):
        source("/acme/iris", tmp_path).tip()


def test_a_server_that_never_answers_is_given_up_and_tried_again_later(tmp_path: Path) -> None:
    with silent() as address, pytest.raises(ToolError, match="Operation too slow") as caught:
        source(f"{address}/acme/iris", tmp_path, silence=1).tip()
    assert caught.value.transient


def test_a_limit_ends_git_and_its_children(tmp_path: Path) -> None:
    with silent() as address:
        with pytest.raises(TimeLimit), limit(0.5):
            source(f"{address}/acme/iris", tmp_path).tip()
        wait_until(lambda: not of_git(address, "ls-remote") and not of_git(address, "remote-http"))


def test_a_killed_worker_takes_git_along_and_what_git_had_started_ends_with_its_connection(tmp_path: Path) -> None:
    with silent() as address:
        worker = subprocess.Popen([sys.executable, "-c", _WORKER, f"{address}/acme/iris", str(tmp_path / "mirrors")])
        wait_until(lambda: of_git(address, "ls-remote") and of_git(address, "remote-http"))
        worker.send_signal(signal.SIGKILL)
        worker.wait()
        wait_until(lambda: not of_git(address, "ls-remote"))
    wait_until(lambda: not of_git(address, "remote-http"))
