"""Servers that hurry, refuse or fall silent, and peers that vanish: against a scripted API server."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import partial

import pytest

from tests.integration.kubernetes.fake_api import Asked, Said, events, listing, serving, status, window
from tests.integration.kubernetes.silent_proxy import proxied
from tests.integration.kubernetes.watched import PODS, SHORT, THREE, healthy, told
from tests.waiting import wait_until
from worker.tools.kubernetes_target.api import Api
from worker.tools.kubernetes_target.news import Listed, Lost
from worker.tools.kubernetes_target.watch import Timing, Watch

EXPIRED = {"type": "ERROR", "object": {"kind": "Status", "code": 410, "message": "too old resource version"}}


@pytest.fixture(scope="module", autouse=True)
def vanishing() -> "Iterator[subprocess.Popen[str] | None]":
    """Takes its 10 s while the other tests run."""
    if os.geteuid() != 0 or not shutil.which("iptables"):
        yield None
        return
    command = ["unshare", "--net", sys.executable, "-m", "tests.integration.kubernetes.vanishing_peer"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        yield process


@pytest.mark.parametrize("end", [events(), status(500, "no"), events(EXPIRED)], ids=["closed", "refused", "expired"])
def test_server_that_ends_every_watch_at_once_is_not_hammered(end: Said) -> None:
    with serving(lambda asked: end if asked.watching else listing()) as fake, Watch(Api(fake.connect), PODS, Timing()):
        wait_until(lambda: len(fake.asked) >= 8)
        pauses = [later.at - earlier.at for earlier, later in zip(fake.asked[1::2], fake.asked[2::2], strict=False)]
    assert all(pause >= 0.1 * 2**number for number, pause in enumerate(pauses))


def test_time_the_server_asks_for_is_granted() -> None:
    busy = iter([status(429, "slow down", **{"Retry-After": "2"})])
    with (
        serving(lambda asked: window(asked) if asked.watching else next(busy, listing())) as fake,
        Watch(Api(fake.connect), PODS, SHORT) as watch,
    ):
        assert isinstance(watch.next(10), Lost)
        assert isinstance(watch.next(10), Listed)
    assert fake.asked[1].at - fake.asked[0].at >= 2


def test_token_that_rotates_in_the_middle_of_a_watch_is_not_even_noticed() -> None:
    valid = ["old"]

    def answer(asked: Asked) -> Said:
        if asked.token != valid[0]:
            return status(401, "Unauthorized")
        return healthy(asked)

    with serving(answer, ("old", "new")) as fake, Watch(Api(fake.connect), THREE, SHORT) as watch:
        news = told(watch)
        for _ in THREE:
            next(news)
        valid[0] = "new"
        assert all(isinstance(next(news), Listed) for _ in range(2))


@pytest.mark.parametrize("code", [401, 403])
def test_permission_that_never_was_is_an_error_but_one_that_was_is_waited_for(code: int) -> None:
    """An API server that starts refuses what it has not read the roles for yet."""
    state = {"refused": True}

    def answer(asked: Asked) -> Said:
        if state["refused"]:
            return status(code, "no")
        return healthy(asked)

    with serving(answer) as fake:
        with Watch(Api(fake.connect), PODS, SHORT) as watch:
            first = watch.next(10)
        assert isinstance(first, Lost)
        assert not first.error.transient
        state["refused"] = False
        with Watch(Api(fake.connect), PODS, SHORT) as watch:
            news = told(watch)
            next(news)
            wait_until(lambda: fake.asked[-1].watching)
            state["refused"] = True
            later = next(found for found in news if isinstance(found, Lost))
            state["refused"] = False
            assert later.error.transient
            assert isinstance(next(found for found in news if not isinstance(found, Lost)), Listed)


def test_peer_that_falls_silent_is_noticed_soon_after_its_window_and_sight_comes_back_with_it() -> None:
    with (
        serving(healthy) as fake,
        proxied("127.0.0.1", fake.port) as proxy,
        Watch(Api(partial(fake.connect, proxy.port)), PODS, SHORT) as watch,
    ):
        assert isinstance(watch.next(10), Listed)
        wait_until(lambda: len(fake.asked) == 2)
        proxy.speaking.clear()
        assert isinstance(watch.next(10), Lost)
        proxy.speaking.set()
        assert isinstance(watch.next(20), Listed)


def test_peer_that_vanishes_is_noticed_long_before_its_window_ends_and_without_a_request(
    vanishing: "subprocess.Popen[str] | None",
) -> None:
    if vanishing is None:
        pytest.skip("dropping packets needs root and iptables")
    told = json.loads(vanishing.communicate(timeout=60)[0])
    assert 5 < told["seconds"] < 25
    assert told["requests"] == 2
