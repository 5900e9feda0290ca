"""A push that the reconciler found goes by the rules of any push: its run finds out what the forge did not tell."""

import time
from pathlib import Path

import pytest
import yaml

from pipeline.model import Run, Status, Trigger
from pipeline.spec import App, load
from pipeline.store import Store
from tests.e2e.installation import Repository
from worker.jobs import perform
from worker.reconcile import reconcile
from worker.tools.git_source import GitSource


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "acme" / "iris")


@pytest.fixture
def config(tmp_path: Path, repository: Repository, redis_url: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An app that is only pulled, and only when something in ``src`` changed."""
    app = {
        "source": {"url": str(repository.folder), "secret_env": "SECRET", "paths": ["src/**"]},
        "image": {"engine": "local"},
        "target": {"kind": "local", "port": 9000},
        "steps": ["pull"],
    }
    path = tmp_path / "pipeline.yaml"
    path.write_text(yaml.safe_dump({"version": 1, "apps": {"iris": app}}))
    for name, value in (("CONFIG", path), ("DATA_DIR", tmp_path / "data"), ("REDIS_URL", redis_url)):
        monkeypatch.setenv(f"PUSHRAIL_{name}", str(value))
    return path


def found(store: Store, config: Path) -> Run | None:
    """What a round of the reconciler started, taken to its end."""

    def tip(app: App) -> str:
        return GitSource(app.source, config.parent / "mirrors", None).tip()

    known = {run.id for run in store.runs()}
    reconcile(load(config).apps.values(), tip, store, set(), lambda seconds: False, time.time)
    started = [run for run in store.runs() if run.id not in known]
    for run in started:
        perform(run.id)
    return store.run(started[0].id) if started else None


def test_a_push_made_while_the_server_was_down_is_built_once(repository: Repository, store: Store, config: Path) -> None:
    repository.commit({"src/train.py": "1"})
    assert found(store, config) is None
    commit = repository.commit({"src/train.py": "2"})
    run = found(store, config)
    assert run is not None
    assert (run.trigger, run.status, run.outputs("pull")["commit"]) == (Trigger.RECONCILE, Status.SUCCEEDED, commit)
    assert found(store, config) is None


@pytest.mark.parametrize(
    ("files", "message", "why"),
    [
        ({"src/train.py": "2"}, "Mend a word [skip ci]", "the commit message says [skip ci]"),
        ({"src/train.py": "2"}, "Mend a word\n\nThe long story. [no ci]", "the commit message says [no ci]"),
        ({"README.md": "2"}, "Mend a word", "no changed path matches src/**"),
    ],
)
def test_a_rule_that_would_ignore_the_push_ends_its_run_before_anything_is_built(
    files: dict[str, str], message: str, why: str, repository: Repository, store: Store, config: Path
) -> None:
    repository.commit({"src/train.py": "1"})
    found(store, config)
    repository.commit(files, message)
    run = found(store, config)
    assert run is not None
    assert (run.status, run.reason) == (Status.CANCELLED, why)
    assert found(store, config) is None


def test_what_several_missed_pushes_changed_counts_together(repository: Repository, store: Store, config: Path) -> None:
    repository.commit({"src/train.py": "1"})
    found(store, config)
    repository.commit({"src/train.py": "2"})
    repository.commit({"README.md": "2"})
    run = found(store, config)
    assert run is not None
    assert run.status is Status.SUCCEEDED
