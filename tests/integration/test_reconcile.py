"""Pushes that no delivery told of: real repositories, real Redis, and what is started for them."""

import logging
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from hook_server import create_app
from pipeline.deliveries import Deliveries
from pipeline.delivery import Decision, Outcome, Received
from pipeline.errors import ToolError
from pipeline.model import Run, Status, StepResult, Trigger
from pipeline.spec import App, Spec
from pipeline.store import Store
from pipeline.tips import Tips
from tests.e2e.installation import SECRET, Repository, push_body, signed
from tests.hook import settings, spec
from tests.integration.stored_runs import MAIN, begun, finished, push
from worker.reconcile import GRACE_SECONDS, reconcile
from worker.tools.git_source import GitSource


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "acme" / "iris")


@pytest.fixture
def described(repository: Repository) -> Spec:
    return spec(f"""
version: 1
apps:
  iris:
    source: {{url: "{repository.folder}", secret_env: SECRET}}
    image: {{engine: local}}
    target: {{kind: local, port: 9000}}
""")


class Reconciler:
    """A keeper's part of this name; ``meanwhile`` happens while it waits for deliveries."""

    def __init__(self, store: Store, apps: Iterable[App], folder: Path) -> None:
        self.store, self.apps, self.folder = store, list(apps), folder
        self.unseen: set[str] = set()
        self.waited: list[float] = []
        self.meanwhile: Callable[[], object] = lambda: None
        self.stopped = False

    def round(self) -> list[Run]:
        """One round; the runs that it started."""
        before = {run.id for run in self.store.runs()}
        reconcile(self.apps, self._tip, self.store, self.unseen, self._wait, time.time)
        return [run for run in self.store.runs() if run.id not in before and run.trigger is Trigger.RECONCILE]

    def _tip(self, app: App) -> str:
        return GitSource(app.source, self.folder, None).tip()

    def _wait(self, seconds: float) -> bool:
        self.waited.append(seconds)
        self.meanwhile()
        return self.stopped


@pytest.fixture
def reconciler(store: Store, described: Spec, tmp_path: Path) -> Reconciler:
    return Reconciler(store, described.apps.values(), tmp_path / "mirrors")


@pytest.fixture
def begins(repository: Repository, reconciler: Reconciler) -> str:
    """The commit that the branch was at when Pushrail first saw it."""
    commit = repository.commit({"train.py": "1"})
    assert reconciler.round() == []
    return commit


def test_a_branch_that_is_seen_for_the_first_time_starts_nothing_and_says_so(
    repository: Repository, reconciler: Reconciler, caplog: pytest.LogCaptureFixture
) -> None:
    commit = repository.commit({"train.py": "1"})
    with caplog.at_level(logging.INFO):
        assert reconciler.round() == []
    assert f"iris: main is at {commit} at first sight; nothing is started for that" in caplog.text


def test_a_push_that_no_delivery_told_of_is_started_once(repository: Repository, reconciler: Reconciler, begins: str) -> None:
    commit = repository.commit({"train.py": "2"})
    (run,) = reconciler.round()
    assert (run.commit, run.before, run.pinned, run.requested_by) == (commit, begins, False, "the reconciler")
    assert reconciler.waited == [GRACE_SECONDS]
    assert reconciler.round() == []


def test_nothing_new_is_nothing_to_wait_for(reconciler: Reconciler, begins: str) -> None:
    assert (reconciler.round(), reconciler.waited) == ([], [])


def test_a_delivery_that_was_on_its_way_is_left_to_itself(
    repository: Repository, reconciler: Reconciler, store: Store, begins: str
) -> None:
    commit = repository.commit({"train.py": "2"})
    reconciler.meanwhile = lambda: store.accept(push(1, commit=commit))
    assert reconciler.round() == []


def test_a_keeper_that_is_stopped_while_it_waits_starts_nothing(repository: Repository, reconciler: Reconciler, begins: str) -> None:
    repository.commit({"train.py": "2"})
    reconciler.stopped = True
    assert reconciler.round() == []


def test_two_keepers_start_one_run(
    repository: Repository, reconciler: Reconciler, store: Store, described: Spec, tmp_path: Path, begins: str
) -> None:
    repository.commit({"train.py": "2"})
    other, both = Reconciler(store, described.apps.values(), tmp_path / "other"), threading.Barrier(2)
    for each in (reconciler, other):
        each.meanwhile = lambda: both.wait(10)
    thread = threading.Thread(target=other.round)
    thread.start()
    reconciler.round()
    thread.join()
    assert len(store.runs()) == 1


def test_a_push_that_a_rule_ignored_is_not_started(
    repository: Repository, reconciler: Reconciler, deliveries: Deliveries, begins: str
) -> None:
    commit = repository.commit({"README.md": "2"}, "Mend a word [skip ci]")
    ignored = Decision(Outcome("iris", "ignored", reason="the commit message says [skip ci]"), settles=(MAIN, commit))
    deliveries.receive(Received("github", "push", "d1", 1000.0, {"iris": 1}), [ignored])
    assert reconciler.round() == []


@pytest.mark.parametrize("end", [Status.ROLLED_BACK, Status.REJECTED, Status.FAILED, Status.SUPERSEDED, Status.CANCELLED])
def test_what_had_its_run_is_not_started_again(
    end: Status, repository: Repository, reconciler: Reconciler, store: Store, begins: str
) -> None:
    store.accept(push(1, commit=repository.commit({"train.py": "2"})))
    store.finish(finished(begun(store, "r1"), end))
    assert reconciler.round() == []


def test_what_a_run_built_in_place_of_its_commit_is_not_started_again(
    repository: Repository, reconciler: Reconciler, store: Store, begins: str
) -> None:
    store.accept(push(1, commit=repository.commit({"train.py": "2"})))
    tip = repository.commit({"train.py": "3"})
    run = replace(begun(store, "r1"), steps=(StepResult("pull", Status.SUCCEEDED, 1.0, 2.0, {"commit": tip}),))
    store.record(run)
    store.finish(finished(run, Status.ROLLED_BACK))
    assert reconciler.round() == []


def test_a_run_that_has_not_pulled_yet_will_find_the_push_itself(
    repository: Repository, reconciler: Reconciler, store: Store, begins: str
) -> None:
    store.accept(push(1))
    repository.commit({"train.py": "2"})
    assert reconciler.round() == []


def test_a_found_push_takes_the_place_of_one_that_waits(repository: Repository, reconciler: Reconciler, store: Store, begins: str) -> None:
    store.accept(push(1))
    store.record(replace(begun(store, "r1"), steps=(StepResult("pull", Status.SUCCEEDED, 1.0, 2.0, {"commit": f"{1:040x}"}),)))
    store.accept(push(2))
    repository.commit({"train.py": "2"})
    (run,) = reconciler.round()
    waited = store.run("r2")
    assert waited is not None
    assert (waited.status, waited.reason) == (Status.SUPERSEDED, f"by run {run.id}")


def test_a_delivery_that_comes_days_late_starts_no_second_run(
    repository: Repository, reconciler: Reconciler, store: Store, redis_url: str, described: Spec, begins: str
) -> None:
    commit = repository.commit({"train.py": "2"})
    (run,) = reconciler.round()
    store.finish(finished(begun(store, run.id)))
    client = create_app(settings(redis_url, SECRET=SECRET), described).test_client()
    body = push_body("acme/iris", commit)
    answer = client.post("/hooks/github", data=body, headers=signed(body))
    (outcome,) = answer.get_json()["outcomes"]
    assert (outcome["outcome"], outcome["run"]) == ("duplicate", run.id)


def test_a_repository_that_cannot_be_asked_is_told_of_once_and_starts_nothing(
    repository: Repository, reconciler: Reconciler, caplog: pytest.LogCaptureFixture, begins: str
) -> None:
    away = repository.folder.rename(repository.folder.with_name("away"))
    with caplog.at_level(logging.INFO):
        assert [reconciler.round() for _ in range(3)] == [[], [], []]
        away.rename(repository.folder)
        reconciler.round()
    told = [record.levelname for record in caplog.records]
    assert told == ["WARNING", "INFO"]
    assert "there is no repository at" in caplog.text


def test_one_repository_that_cannot_be_asked_keeps_no_other_app_waiting(
    repository: Repository, reconciler: Reconciler, store: Store, begins: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (iris,) = reconciler.apps
    reconciler.apps = [iris.model_copy(update={"name": "broken"}), iris]
    commit = repository.commit({"train.py": "2"})

    def tip(app: App) -> str:
        if app.name == "broken":
            raise ToolError("git", "does not answer", transient=True)
        return commit

    monkeypatch.setattr(reconciler, "_tip", tip)
    assert [run.app for run in reconciler.round()] == ["iris"]


def test_what_was_seen_survives_the_keeper(repository: Repository, store: Store, described: Spec, tmp_path: Path, begins: str) -> None:
    repository.commit({"train.py": "2"})
    runs = [Reconciler(store, described.apps.values(), tmp_path / f"mirrors-{number}").round() for number in range(2)]
    assert [len(started) for started in runs] == [1, 0]
    assert Tips(store.redis).newest("iris", MAIN) == runs[0][0].commit
