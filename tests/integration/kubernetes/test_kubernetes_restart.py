"""An API server that is killed, frozen or cut off while pods really start and crash: unknown meanwhile, then the right verdict."""

import json
import subprocess
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from threading import Event
from time import monotonic
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from kubernetes.client import Configuration

from pipeline.errors import StepFailed, ToolError
from tests.integration.kubernetes import api_server
from tests.integration.kubernetes.app import NEXT, App, Lines, run
from tests.integration.kubernetes.silent_proxy import Proxy, proxied
from tests.waiting import wait_until
from worker.tools.kubernetes_target.api import configuration

pytestmark = pytest.mark.cluster

CRASHING_LATE = "pushrail-test:crashing-late"
LATE_CRASH = 'FROM python:3.11-slim\nCMD ["sh", "-c", "sleep 5; echo boom: no model.pkl; exit 3"]\n'
SLOW = {"spec": {"minReadySeconds": 15}}


@pytest.fixture
def server() -> Iterator[api_server.ApiServer]:
    found = api_server.find()
    if found is None:
        pytest.skip("the API server is no process of this machine that could be killed")
    yield found
    wait_until(api_server.ready, seconds=90, every=0.2)


@pytest.fixture
def other(app: App) -> Iterator[App]:
    """A second app beside the first."""
    made = App(f"iris-{uuid4().hex[:6]}", app.namespace)
    yield made
    made.kubectl("delete", "deployment,service", "-l", f"app={made.name}", "--wait=false")


def begun(pool: ThreadPoolExecutor, app: App, image: str, word: str) -> tuple[Future[Mapping[str, str]], Lines]:
    """A rollout under way, as far as that its log has the word."""
    there = Event()
    log = Lines(word, there.set)
    future: Future[Mapping[str, str]] = pool.submit(app.target().rollout, image, run(1), 120, log)
    wait_until(lambda: there.is_set() or future.done(), seconds=60)
    return future, log


def test_restart_of_the_api_server_changes_no_verdict(server: api_server.ApiServer, app: App, other: App) -> None:
    subprocess.run(["docker", "build", "-q", "-t", CRASHING_LATE, "-"], input=LATE_CRASH.encode(), check=True, capture_output=True)
    for each in (app, other):
        each.create_ready()
    app.kubectl("patch", f"deployment/{app.name}", "-p", json.dumps(SLOW))
    with ThreadPoolExecutor() as pool:
        good, of_good = begun(pool, app, NEXT, "1 ready")
        bad, of_bad = begun(pool, other, CRASHING_LATE, "goes to")
        server.restart()
        assert good.result(120)["image"] == NEXT
        with pytest.raises(StepFailed, match=r"exit code 3(?s:.*)boom: no model.pkl"):
            bad.result(120)
    for log in (of_good, of_bad):
        assert any(line.startswith("unknown: the API server cannot be reached") for line in log.lines)


def test_deadline_that_passes_while_the_api_server_is_frozen_leaves_the_outcome_unknown_and_the_next_attempt_tells(
    server: api_server.ApiServer, app: App
) -> None:
    app.create_ready()
    with server.frozen() as freeze, pytest.raises(ToolError, match="how it went is unknown") as caught:
        app.target().rollout(NEXT, run(1), 3, Lines("goes to", freeze))
    assert caught.value.transient
    assert app.target().rollout(NEXT, run(1), 60, Lines())["changed"] == "yes"


def through(proxy: Proxy, context: str) -> Configuration:
    """How the API server is reached by way of the proxy."""
    made = configuration(context)
    made.tls_server_name = urlsplit(made.host).hostname
    made.host, made.refresh_api_key_hook = f"https://127.0.0.1:{proxy.port}", None  # the hook would put the host back
    return made


def test_rollout_that_completed_behind_a_silent_connection_is_not_condemned_at_its_deadline(app: App) -> None:
    app.create_ready()
    address = urlsplit(configuration(app.context).host)
    assert address.hostname is not None
    with proxied(address.hostname, address.port or 443) as proxy, ThreadPoolExecutor() as pool:
        target = app.target(connect=partial(through, proxy))
        deadline = monotonic() + 8
        rollout = pool.submit(target.rollout, NEXT, run(1), 8, Lines("goes to", proxy.speaking.clear))
        wait_until(lambda: not proxy.speaking.is_set())
        app.kubectl("rollout", "status", f"deployment/{app.name}", "--timeout=60s")
        wait_until(lambda: monotonic() > deadline + 1)
        assert not rollout.done()
        proxy.speaking.set()
        assert rollout.result(30)["changed"] == "yes"
