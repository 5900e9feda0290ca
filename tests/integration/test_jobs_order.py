"""Rows 21, 28 and 29: what older commits, forced pushes and path filters come to, with real git, each run performed as a worker does."""

import time
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.model import Run, Status, StepResult, Trigger
from pipeline.release import Release
from pipeline.run_log import RunLog
from pipeline.store import Store
from tests.e2e.installation import Repository
from tests.integration.test_jobs import SECRET, TOKEN, write_spec
from worker.jobs import perform

MAIN = "refs/heads/main"
PATHS = ["model/**", "train.py"]


@pytest.fixture
def repository(tmp_path: Path, redis_url: str, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """An app's, of which only PATHS matter."""
    made = Repository(tmp_path / "acme" / "iris")
    write_spec(tmp_path, "", source={"url": str(made.folder), "secret_env": "SECRET", "paths": PATHS})
    for name, value in (("CONFIG", tmp_path / "pipeline.yaml"), ("DATA_DIR", tmp_path / "data"), ("REDIS_URL", redis_url)):
        monkeypatch.setenv(f"PUSHRAIL_{name}", str(value))
    monkeypatch.setenv("SECRET", SECRET)
    monkeypatch.setenv("PUSHRAIL_API_TOKEN", TOKEN)
    made.commit({"train.py": "0"})
    return made


def push(name: str, commit: str, before: str = "", *, undecided: bool = False, keep: bool = False) -> Run:
    since = (before,) if undecided else ()
    run = Run(name, "iris", Trigger.PUSH, MAIN, commit, before, since=since, delivery=name, created_at=time.time())
    return replace(run, pinned=True, concurrency="keep-all") if keep else run


def done(store: Store, run: Run) -> Run:
    """What has become of the run after an attempt at it."""
    store.accept(run)
    perform(run.id)
    found = store.run(run.id)
    assert found is not None
    return found


def put_live(store: Store, commit: str) -> None:
    """A run that verified this commit's release."""
    store.accept(push("live", commit))
    begun = store.begin("live", "w1", 1.0)
    assert begun is not None
    release = Release("iris", "live", commit, "image", "id", "template", "", 1.0)
    store.finish(replace(begun, status=Status.SUCCEEDED, finished_at=2.0), release)


def fork(repository: Repository) -> str:
    """A forced push that takes the last commit away and puts another in its place."""
    repository.git("reset", "--quiet", "--hard", "HEAD~1")
    return repository.commit({"train.py": "fork"})


def test_rows_21_and_28_an_older_push_that_comes_late_builds_where_the_branch_is_now(store: Store, repository: Repository) -> None:
    old, new = repository.commit({"train.py": "1"}), repository.commit({"train.py": "2"})
    put_live(store, new)
    late = done(store, push("late", old))
    assert (late.status, late.built_commit) == (Status.SUCCEEDED, new)


def test_rows_21_and_28_an_older_push_that_would_be_built_as_it_is_ends_superseded(store: Store, repository: Repository) -> None:
    old, new = repository.commit({"train.py": "1"}), repository.commit({"train.py": "2"})
    put_live(store, new)
    late = done(store, push("late", old, keep=True))
    assert late.status is Status.SUPERSEDED
    assert late.reason.startswith(f"{old[:12]} is older than {new[:12]}, which is live by run live; to go back on purpose, replay")
    assert store.active("iris") is None


def test_row_28_a_forced_push_to_another_line_is_built(store: Store, repository: Repository) -> None:
    old = repository.commit({"train.py": "1"})
    put_live(store, old)
    new = fork(repository)
    built = done(store, push("forced", new, old))
    assert (built.status, built.built_commit) == (Status.SUCCEEDED, new)


def test_row_28_a_forced_push_back_to_what_was_before_is_no_way_to_go_back(store: Store, repository: Repository) -> None:
    old, new = repository.commit({"train.py": "1"}), repository.commit({"train.py": "2"})
    put_live(store, new)
    repository.git("reset", "--quiet", "--hard", old)
    back = done(store, push("back", old, new))
    assert (back.status, back.built_commit) == (Status.SUPERSEDED, old)


def test_an_older_commit_that_somebody_asks_for_is_built(store: Store, repository: Repository) -> None:
    old, new = repository.commit({"train.py": "1"}), repository.commit({"train.py": "2"})
    put_live(store, new)
    asked = replace(push("asked", old), trigger=Trigger.REPLAY, pinned=True)
    assert done(store, asked).status is Status.SUCCEEDED


def test_row_28_with_keep_all_every_push_is_built_in_its_turn_at_its_own_commit(store: Store, repository: Repository) -> None:
    commits = [repository.commit({"train.py": str(number)}) for number in range(1, 4)]
    for number, commit in enumerate(commits):
        store.accept(push(f"r{number}", commit, keep=True))
    built = []
    while active := store.active("iris"):
        perform(active.id)
        found = store.run(active.id)
        built.append(found.outputs("pull")["commit"] if found else "")
    assert built == commits


@pytest.mark.parametrize(("path", "status"), [("README.md", Status.CANCELLED), ("model/weights", Status.SUCCEEDED)])
def test_row_29_git_decides_where_the_push_does_not_say_what_it_changed(
    store: Store, repository: Repository, tmp_path: Path, path: str, status: Status
) -> None:
    before = repository.git("rev-parse", "HEAD").strip()
    run = done(store, push("r1", repository.commit({path: "1"}), before, undecided=True))
    assert run.status is status
    assert run.reason == ("no changed path matches model/**, train.py" if status is Status.CANCELLED else "")
    assert list((tmp_path / "data" / "workspaces").iterdir()) == []


def test_row_29_a_forced_push_is_compared_with_the_commit_that_it_took_away(store: Store, repository: Repository) -> None:
    before = repository.commit({"README.md": "1"})
    repository.git("reset", "--quiet", "--hard", "HEAD~1")
    assert done(store, push("r1", repository.commit({"README.md": "2"}), before, undecided=True)).status is Status.CANCELLED


@pytest.mark.parametrize(("before", "said"), [("a" * 40, "no longer has commit"), ("0" * 40, "nothing to compare with")])
def test_row_29_what_cannot_be_decided_is_built_and_the_log_says_why(store: Store, repository: Repository, before: str, said: str) -> None:
    run = done(store, push("r1", repository.commit({"README.md": "1"}), before, undecided=True))
    assert run.status is Status.SUCCEEDED
    assert said in RunLog(store.redis).read("r1", 0).decode()


@pytest.mark.parametrize("first", ["known to matter", "undecided"])
def test_row_29_a_push_that_matters_is_not_lost_with_the_run_that_it_had(store: Store, repository: Repository, first: str) -> None:
    start = repository.git("rev-parse", "HEAD").strip()
    matters, readme = repository.commit({"train.py": "1"}), repository.commit({"README.md": "1"})
    store.accept(push("r0", start))
    store.accept(push("r1", matters, start, undecided=first == "undecided"))
    store.accept(push("r2", readme, matters, undecided=True))
    perform("r0")
    perform("r2")
    ended = store.run("r2")
    assert ended is not None
    assert (ended.status, ended.built_commit) == (Status.SUCCEEDED, readme)


@pytest.mark.parametrize("status", [Status.SUPERSEDED, Status.CANCELLED])
def test_an_attempt_that_takes_over_a_run_that_was_over_ends_it_alike(store: Store, repository: Repository, status: Status) -> None:
    store.accept(push("r1", repository.commit({"train.py": "1"})))
    begun = store.begin("r1", "w1", 1.0)
    assert begun is not None
    store.record(replace(begun, steps=(StepResult("pull", status, 1.0, 2.0, {}, "there was nothing to do"),)))
    store.abandon("r1", "w1", died=True)
    store.reap("iris", time.time())
    perform("r1")
    ended = store.run("r1")
    assert ended is not None
    assert (ended.status, ended.reason, ended.attempt) == (status, "there was nothing to do", 2)
