"""One attempt at a run, end to end in this process: real Redis, real git, and an app that is only pulled."""

import time
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from pipeline.model import Run, Status, Trigger
from pipeline.run_log import RunLog
from pipeline.store import Store
from tests.e2e.installation import Repository
from tests.integration.git_server import serving
from tests.secret import secret
from worker.jobs import perform

SECRET, TOKEN = secret("webhook"), secret("api")


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "acme" / "iris")


@pytest.fixture
def data(tmp_path: Path, repository: Repository, redis_url: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The installation's data folder; its app is pulled from ``repository`` and nothing else."""
    write_spec(tmp_path, str(repository.folder))
    for name, value in (("CONFIG", tmp_path / "pipeline.yaml"), ("DATA_DIR", tmp_path / "data"), ("REDIS_URL", redis_url)):
        monkeypatch.setenv(f"PUSHRAIL_{name}", str(value))
    monkeypatch.setenv("SECRET", SECRET)
    monkeypatch.setenv("PUSHRAIL_API_TOKEN", TOKEN)
    return tmp_path / "data"


def write_spec(folder: Path, url: str, *, name: str = "iris", **app: object) -> None:
    given = {
        "source": {"url": url, "secret_env": "SECRET"},
        "image": {"engine": "local"},
        "target": {"kind": "local", "port": 9000},
        "steps": ["pull"],
        **app,
    }
    (folder / "pipeline.yaml").write_text(yaml.safe_dump({"version": 1, "apps": {name: given}}))


def push(commit: str) -> Run:
    return Run("r1", "iris", Trigger.PUSH, "refs/heads/main", commit, delivery="d1", created_at=time.time())


def done(store: Store, run: Run) -> Run:
    """What the run is in Redis after one attempt at it."""
    store.accept(run)
    perform(run.id)
    found = store.run(run.id)
    assert found is not None
    return found


def log(store: Store) -> str:
    return RunLog(store.redis).read("r1", 0).decode()


def test_an_attempt_takes_a_run_to_its_end(store: Store, data: Path, repository: Repository) -> None:
    commit = repository.commit({"train.py": ""}, "Train better")
    run = done(store, push(commit))
    assert (run.status, run.reason, run.attempt) == (Status.SUCCEEDED, "", 1)
    assert run.outputs("pull") == {"commit": commit, "message": "Train better"}
    assert store.active("iris") is None


def test_the_log_tells_the_run_its_steps_and_its_end(store: Store, data: Path, repository: Repository) -> None:
    done(store, push(repository.commit({"train.py": ""}, "Train better")))
    told = [line.partition(" ")[2] for line in log(store).splitlines()]
    assert (told[0], told[1], told[-1]) == ("run r1 of iris, attempt 1", "==> pull", "run r1 succeeded")
    assert any(line.endswith("Train better") for line in told)
    assert (data / "logs" / "r1.log").read_text() == log(store)


def test_no_secret_of_the_installation_is_in_the_log(store: Store, data: Path, repository: Repository) -> None:
    done(store, push(repository.commit({"train.py": ""}, f"Oops: {SECRET} and {TOKEN}")))
    assert "Oops: *** and ***" in log(store)


@pytest.mark.parametrize("good", [True, False])
def test_the_workspace_is_gone_at_the_end(good: bool, store: Store, data: Path, repository: Repository) -> None:
    commit = repository.commit({"train.py": ""})
    run = done(store, replace(push(commit if good else "a" * 40), pinned=True))
    assert run.status is (Status.SUCCEEDED if good else Status.FAILED)
    assert list((data / "workspaces").iterdir()) == []


def test_a_commit_that_is_gone_fails_the_run_and_says_why(store: Store, data: Path, repository: Repository) -> None:
    repository.commit({"train.py": ""})
    run = done(store, replace(push("a" * 40), pinned=True))
    assert run.reason.startswith("pull: ")
    assert "no longer has commit" in run.reason


def test_a_message_in_an_unknown_encoding_stops_no_run(store: Store, data: Path, repository: Repository) -> None:
    repository.git("config", "i18n.commitEncoding", "latin-1")
    (repository.folder / "message").write_bytes(b"caf\xe9\n")
    repository.git("commit", "--quiet", "--allow-empty", "--file", "message")
    repository.git("config", "--unset", "i18n.commitEncoding")
    assert done(store, push(repository.git("rev-parse", "HEAD").strip())).status is Status.SUCCEEDED


def test_an_app_that_is_no_longer_in_the_file_is_the_machinery_s_fault(
    store: Store, data: Path, repository: Repository, tmp_path: Path
) -> None:
    write_spec(tmp_path, str(repository.folder), name="rose")
    run = done(store, push("a" * 40))
    assert (run.status, run.reason) == (Status.ERRORED, "apps.iris: is not in this worker's pipeline.yaml any more")


def test_a_broken_file_is_the_machinery_s_fault(store: Store, data: Path, repository: Repository, tmp_path: Path) -> None:
    write_spec(tmp_path, str(repository.folder), image={"engine": "podman"})
    run = done(store, push("a" * 40))
    assert (run.status, run.reason) == (Status.ERRORED, "apps.iris.image.engine: must be 'docker' or 'local', not 'podman'")
    assert store.active("iris") is None


def test_a_missing_git_token_is_the_machinery_s_fault(store: Store, data: Path, repository: Repository, tmp_path: Path) -> None:
    write_spec(tmp_path, str(repository.folder), source={"url": str(repository.folder), "secret_env": "SECRET", "token_env": "NO_SUCH"})
    run = done(store, push("a" * 40))
    assert run.status is Status.ERRORED
    assert run.reason.startswith("NO_SUCH is empty or not set")


def test_a_run_that_another_worker_has_is_left_alone(store: Store, data: Path, repository: Repository) -> None:
    store.accept(push(repository.commit({"train.py": ""})))
    begun = store.begin("r1", "another", time.time())
    assert perform("r1") == "not this worker's"
    assert store.run("r1") == begun


def test_a_run_that_is_not_known_is_left_alone(store: Store, data: Path) -> None:
    assert perform("r0") == "not this worker's"


def test_an_attempt_that_lost_its_run_writes_nothing_more(
    store: Store, data: Path, repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the middle of ``pull`` its worker is taken for dead, and another one begins."""
    taken: list[Run | None] = []

    def take() -> None:
        if not taken:
            store.abandon("r1", "worker", died=True)
            store.reap("iris", time.time())
            taken.append(store.begin("r1", "another", time.time()))

    monkeypatch.setenv("GIT_TOKEN", "a-token")
    store.accept(push(repository.commit({"train.py": ""})))
    with serving(tmp_path, "a-token", meanwhile=take) as served:
        write_spec(tmp_path, "", source={"url": f"{served.address}/acme/iris", "secret_env": "SECRET", "token_env": "GIT_TOKEN"})
        assert perform("r1") == "fenced"
    assert (store.run("r1"),) == tuple(taken)
    assert list((data / "workspaces").iterdir()) == []
