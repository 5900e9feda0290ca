"""The whole API against its description: https://schemathesis.readthedocs.io. What is wrong is in the output, each with a curl command."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from werkzeug.routing import Rule

from hook_server import create_app
from pipeline.errors import Fenced
from pipeline.model import Run, Status, StepResult
from pipeline.release import Release
from pipeline.store import Store
from tests.hook import COMMIT, SPEC_TEXT, TOKEN, settings, spec
from tests.served import served
from tests.wire import BODY, SIGNED

ROUTES = create_app(settings("redis://127.0.0.1:1/0"), spec()).url_map
SOON = 0.3
"""Seconds in which a run that was started can be cancelled."""

CONFIG = Path(__file__).with_name("schemathesis.toml")


@pytest.fixture
def address(redis_url: str, tmp_path: Path) -> Iterator[str]:
    with served(settings(redis_url), SPEC_TEXT, tmp_path) as (address, _):
        sent = requests.post(f"{address}/hooks/github", data=BODY, headers=SIGNED, timeout=15)
        assert sent.status_code == 202, sent.text
        yield address


@pytest.fixture
def _worked(store: Store) -> Iterator[None]:
    """Every run that is started soon succeeds and is live, so that there are logs that end and releases to go back to."""
    over = threading.Event()
    worker = threading.Thread(target=_work, args=(store, over))
    worker.start()
    yield
    over.set()
    worker.join()


def _work(store: Store, over: threading.Event) -> None:
    while not over.wait(0.02):
        for app in spec().apps:
            active = store.active(app)
            if active and time.time() - active.created_at > SOON and (begun := store.begin(active.id, "w1", 2.0)):
                with suppress(Fenced):  # somebody has cancelled it meanwhile
                    _succeed(store, begun)


def _succeed(store: Store, begun: Run) -> None:
    commit = begun.commit or COMMIT
    run = begun.with_result(StepResult("pull", Status.SUCCEEDED, 2.0, 3.0, {"commit": commit}))
    store.record(run)
    release = Release(run.app, run.id, commit, f"repo@{run.id}", "id", "", "", 3.0, run.restores or run.id, run.message)
    store.finish(replace(run, status=Status.SUCCEEDED, finished_at=3.0), release)


@pytest.mark.timeout(300)
@pytest.mark.usefixtures("_worked")
def test_the_api_does_what_its_description_says_and_nothing_else(address: str, tmp_path: Path) -> None:
    traffic = tmp_path / "traffic.har"
    command = [str(Path(sys.executable).with_name("schemathesis")), "--config-file", str(CONFIG), "run"]
    command += [f"{address}/apidocs/openapi.json", "--header", f"Authorization: Bearer {TOKEN}", "--report-har-path", str(traffic)]
    tried = subprocess.run(command, cwd=tmp_path, env={**os.environ, "NO_COLOR": "1"}, capture_output=True, text=True)
    assert tried.returncode == 0, tried.stdout + tried.stderr
    assert _succeeded(json.loads(traffic.read_text("utf-8"))) == {rule.endpoint for rule in _rules()}


def _rules() -> list[Rule]:
    return [rule for rule in ROUTES.iter_rules() if rule.rule.startswith("/api/")]


def _succeeded(traffic: dict[str, Any]) -> set[str]:
    """The endpoints that answered some request with success, so that none was tried in vain."""
    entries = [(entry["request"], entry["response"]["status"]) for entry in traffic["log"]["entries"]]
    asked = [(request["method"], urlsplit(request["url"]).path) for request, status in entries if status < 300]
    routes = ROUTES.bind("localhost")
    return {str(routes.match(path, method)[0]) for method, path in asked if method not in ("OPTIONS", "HEAD")}
