"""Rows 31 and 35: workers that are lost and forges that fail, in a whole installation that tells a forge."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e import tiny_app
from tests.e2e.installation import Installation, Repository, installed
from tests.e2e.processes import parent, processes, program_of
from tests.integration.reporting import github_server
from tests.integration.reporting.github_server import TOKEN, Fault, GitHub
from tests.served import answers
from tests.waiting import wait_until

ERROR = "GitHub answers 500: as the test asks"


@pytest.fixture(scope="module")
def github() -> Iterator[GitHub]:
    with github_server.github() as served:
        yield served


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, repository: Repository, port: int, github: GitHub) -> Iterator[Installation]:
    report = {"api": github.address, "token_env": "FORGE_TOKEN"}
    apps = {"tiny": tiny_app.spec(str(repository.folder), port, steps=["pull", "retrain"], evaluate=None, report=report)}
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("FORGE_TOKEN", TOKEN)
        with installed(tmp_path_factory.mktemp("service"), apps) as installation:
            yield installation


def pushed(service: Installation, repository: Repository, waits_for: Path, note: str) -> tuple[str, str]:
    """Push a commit whose training ends once there is such a file; run and commit."""
    waits = f"import os, time\nwhile not os.path.exists({str(waits_for)!r}):\n    time.sleep(0.05)  # {note}\n"
    files = tiny_app.files()
    commit = repository.commit({**files, "train.py": waits + files["train.py"]})
    return str(service.push(repository.name, commit).json()["outcomes"][0]["run"]), commit


def lose_worker(service: Installation, run: str, attempt: int) -> None:
    wait_until(lambda: service.log(run).count("==> retrain") >= attempt, 60)
    worker = program_of(service, "worker.process")
    os.kill(next(pid for pid in processes(service) if parent(pid) == worker), signal.SIGKILL)


def restart_server(service: Installation) -> None:
    """Kill the hook server; it is back when this returns."""
    before = servers(service)
    os.kill(before[0], signal.SIGKILL)
    wait_until(lambda: servers(service) and servers(service) != before, 30)
    wait_until(lambda: answers(f"{service.address}/livez"), 30)


def servers(service: Installation) -> list[int]:
    """The hook server's main process, as long as there is one."""
    assert service.process is not None
    up = service.process.pid
    return [pid for pid in processes(service) if parent(pid) == up and _is_server(pid)]


def _is_server(pid: int) -> bool:
    try:
        return b"cli\0server" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


def test_row_31_a_run_whose_worker_is_lost_ends_and_is_told_of_and_the_next_one_goes_on(
    service: Installation, repository: Repository, github: GitHub, tmp_path: Path
) -> None:
    first, lost = pushed(service, repository, tmp_path / "never", "the first")
    lose_worker(service, first, 1)
    second, commit = pushed(service, repository, tmp_path / "now", "the second")
    restart_server(service)
    for attempt in (2, 3):
        lose_worker(service, first, attempt)
    (tmp_path / "now").touch()
    assert [service.ended(run)["status"] for run in (first, second)] == ["errored", "succeeded"]
    wait_until(lambda: github.states(lost)[-1:] == ["error"] and github.states(commit)[-1:] == ["success"])
    assert "its worker died 3 times" in next(said for sha, state, said in github.statuses if (sha, state) == (lost, "error"))


def test_row_35_a_forge_that_fails_changes_no_result_is_shown_and_told_later(
    service: Installation, repository: Repository, github: GitHub, tmp_path: Path
) -> None:
    (tmp_path / "now").touch()
    github.faults.append(Fault(500))
    run, commit = pushed(service, repository, tmp_path / "now", "the third")
    wait_until(lambda: (told := service.run(run)["told"]) and told["error"] == ERROR)
    assert (service.ended(run)["status"], service.run(run)["told"]["error"]) == ("succeeded", ERROR)
    wait_until(lambda: github.states(commit) == ["success"])
    wait_until(lambda: service.run(run)["told"]["error"] == "")
