"""The keeper's loops, and the file it goes by."""

import logging
import os
import threading
from pathlib import Path

import pytest

from pipeline.errors import SpecError, StoreUnavailable
from tests.unit.spec_file import app, file
from worker.current import current
from worker.keeper import Loop, keep_on


def test_a_loop_goes_on_until_it_is_stopped() -> None:
    stop, done = threading.Event(), []

    def act() -> None:
        done.append(1)
        if len(done) == 3:
            stop.set()

    keep_on(Loop("the reaper", act, lambda: 0.0), stop)
    assert len(done) == 3


def test_a_loop_survives_its_own_errors_with_a_line_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    stop, tried = threading.Event(), []

    def act() -> None:
        tried.append(1)
        if len(tried) == 2:
            stop.set()
        raise ValueError("out of order")

    with caplog.at_level(logging.ERROR):
        keep_on(Loop("the reconciler", act, lambda: 0.0), stop)
    assert len(tried) == 2
    assert caplog.text.count("the reconciler failed") == 2
    assert "out of order" in caplog.text


def test_an_outage_is_one_line_each_time_and_no_traceback(caplog: pytest.LogCaptureFixture) -> None:
    stop = threading.Event()

    def act() -> None:
        stop.set()
        raise StoreUnavailable("Redis does not serve")

    with caplog.at_level(logging.WARNING):
        keep_on(Loop("the reaper", act, lambda: 0.0), stop)
    assert [record.getMessage() for record in caplog.records] == ["the reaper goes on in a moment: Redis does not serve"]
    assert "Traceback" not in caplog.text


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "pipeline.yaml"
    path.write_text(file())
    return path


def changed(path: Path, text: str) -> None:
    path.write_text(text)
    os.utime(path, ns=(0, path.stat().st_mtime_ns + 1_000_000))


def test_the_file_is_read_again_when_it_changed(path: Path) -> None:
    spec = current(path)
    assert spec() is spec()
    changed(path, file(app(name="rose")))
    assert list(spec().apps) == ["rose"]


@pytest.mark.parametrize("gone", [True, False])
def test_a_file_that_cannot_be_used_changes_nothing_and_is_told_of_once(gone: bool, path: Path, caplog: pytest.LogCaptureFixture) -> None:
    spec = current(path)
    if gone:
        path.unlink()
    else:
        changed(path, "version: 2")
    with caplog.at_level(logging.WARNING):
        assert [list(spec().apps), list(spec().apps)] == [["iris"], ["iris"]]
    assert caplog.text.count("cannot be used as it is now") == 1


def test_a_file_that_cannot_be_used_at_the_start_is_an_error(path: Path) -> None:
    path.write_text("version: 2")
    with pytest.raises(SpecError):
        current(path)
