"""``pushrail releases``, ``pushrail rollback`` and ``pushrail cancel`` against a real server."""

import json
import re
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from threading import Thread

import pytest
from click.testing import CliRunner, Result

from cli.main import main
from pipeline.model import Status, StepResult
from pipeline.releases import Releases
from pipeline.run_log import RunLog
from pipeline.store import Store
from tests import realistic_runs
from tests.hook import TOKEN, settings
from tests.served import served
from tests.waiting import wait_until


@pytest.fixture
def address(redis_url: str, tmp_path: Path, store: Store) -> Iterator[str]:
    """A server with a plausible week in it."""
    realistic_runs.fill(store, RunLog(store.redis), time.time())
    with served(settings(redis_url), realistic_runs.SPEC_TEXT, tmp_path) as (address, _):
        yield address


@pytest.fixture
def said(address: str, tmp_path: Path) -> Callable[..., Result]:
    return lambda *words, **environment: command(*words, "--data-dir", str(tmp_path), PUSHRAIL_URL=address, **environment)


Said = Callable[..., Result]


def command(*words: str, **environment: str | None) -> Result:
    bare = {"PUSHRAIL_URL": "", "PUSHRAIL_API_TOKEN": TOKEN, "PUSHRAIL_DATA_DIR": "", "LOGNAME": "ada"}
    return CliRunner().invoke(main, words, env={**bare, **environment})


def test_the_history_is_listed_newest_first_with_who_went_back_and_why(said: Said) -> None:
    result = said("releases", "churn")
    assert result.exit_code == 0, result.output
    lines = [line for line in result.stdout.splitlines() if not line.startswith(" ")]
    assert [line.split()[0] for line in lines] == ["live", "earlier", "withdrawn", "earlier"]
    assert re.search(r"live .* jenkins +Nightly retrain  accuracy 0\.9417", result.stdout)
    assert re.search(r"margaret rolled back from it at .* UTC in run \S+: p95 latency doubled at peak", result.stdout)


def test_an_app_without_a_release_is_told_to_have_none(said: Said, store: Store) -> None:
    store.redis.delete("pushrail:releases:churn")
    assert said("releases", "churn").stdout == "churn has no verified release yet\n"


def ends(store: Store, status: Status, reason: str = "") -> None:
    """Be the worker of the rollback that is accepted next."""
    accepted = wait_until(lambda: store.active("recommender"))
    assert accepted is not None
    run = store.begin(accepted.id, "w1", time.time())
    assert run is not None
    RunLog(store.redis).append(run.id, b"12:00:00 ==> rollback\n")
    step = StepResult("rollback", Status.SUCCEEDED if status is Status.SUCCEEDED else Status.FAILED, 1.0, 2.0, {}, reason)
    store.record(replace(run, steps=(step,)))
    store.finish(replace(run, steps=(step,), status=status, reason=reason, finished_at=time.time()))


@pytest.mark.parametrize(("status", "code"), [(Status.SUCCEEDED, 0), (Status.ROLLBACK_FAILED, 1)])
def test_a_rollback_is_watched_to_its_end_and_its_exit_code_tells_it(said: Said, store: Store, status: Status, code: int) -> None:
    earlier = earlier_release(store)
    worker = Thread(target=ends, args=(store, status, "because"))
    worker.start()
    result = said("rollback", "recommender", "--to", earlier, "--reason", "wrong prices")
    worker.join()
    assert (result.exit_code, "==> rollback" in result.stdout) == (code, True), result.output
    run = store.runs("recommender", limit=1)[0]
    assert (run.restores, run.message, run.requested_by) == (earlier, "wrong prices", "ada")


def earlier_release(store: Store) -> str:
    """Put a second release in front of the only one."""
    live = Releases(store.redis).verified("recommender")[0]
    week = realistic_runs.Week(store, RunLog(store.redis), time.time())
    week.good(20, 60, "Newer", "linus", "recommender")
    return live.run


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("releases", "none"), "there is no app none in pipeline.yaml"),
        (("releases", "../runs"), "not found"),
        (("rollback", "iris", "--reason", "why"), "has no verified release to go back to"),
        (("cancel", "none"), "there is no run none"),
        (("rollback", "churn", "--to", "none", "--reason", "why"), "churn has no release of run none"),
    ],
)
def test_what_the_server_refuses_is_said_in_its_words(said: Said, words: tuple[str, ...], told: str) -> None:
    result = said(*words)
    assert (result.exit_code, result.stdout) == (1, "")
    assert told in result.stderr


def test_a_run_is_cancelled_in_the_name_of_who_is_logged_in(said: Said, store: Store) -> None:
    run = next(run for run in store.runs() if run.status is Status.QUEUED)
    result = said("cancel", run.id, "--reason", "wrong data")
    assert result.stdout == f"pushrail: run {run.id} of {run.app} is cancelled by ada: wrong data\n"
    ended = store.run(run.id)
    assert ended is not None
    assert ended.status is Status.CANCELLED


def test_a_rollback_without_a_reason_is_refused(said: Said) -> None:
    assert said("rollback", "churn").exit_code == 2


def test_a_wrong_token_is_told_as_such(said: Said) -> None:
    result = said("releases", "churn", PUSHRAIL_API_TOKEN="wrong")
    assert (result.exit_code, "PUSHRAIL_API_TOKEN" in result.stderr) == (1, True)


def test_the_token_that_up_made_is_found_in_the_data_folder(said: Said, tmp_path: Path) -> None:
    (tmp_path / "credentials.json").write_text(json.dumps({"PUSHRAIL_API_TOKEN": TOKEN}))
    assert said("releases", "churn", PUSHRAIL_API_TOKEN=None).exit_code == 0


def test_without_a_token_nothing_is_asked_and_none_is_made(tmp_path: Path) -> None:
    result = command("releases", "churn", "--data-dir", str(tmp_path), PUSHRAIL_API_TOKEN=None)
    assert result.exit_code == 1
    assert result.stderr.startswith("pushrail: PUSHRAIL_API_TOKEN is empty or not set")
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_does_not_answer_is_named(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{taken.getsockname()[1]}"
        result = command("releases", "churn", "--data-dir", str(tmp_path), "--url", address)
    assert result.exit_code == 1
    assert f"no Pushrail answers at {address}" in result.stderr


@pytest.mark.parametrize("url", ["127.0.0.1:8080", "ftp://host", "http://", "file:///etc/passwd"])
def test_what_is_no_address_of_a_server_is_refused(url: str, tmp_path: Path) -> None:
    result = command("releases", "churn", "--data-dir", str(tmp_path), "--url", url)
    assert (result.exit_code, "is no address of a server" in result.stderr) == (1, True)
