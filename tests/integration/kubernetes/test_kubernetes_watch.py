"""Versions that expire, servers that hang, hurry, refuse or fall silent, and how often they are asked: against a scripted API server."""

import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from functools import partial
from itertools import count
from time import monotonic
from typing import Any

import pytest

from tests.integration.kubernetes.fake_api import Asked, Said, events, listing, serving, status, window
from tests.integration.kubernetes.silent_proxy import proxied
from tests.waiting import wait_until
from worker.tools.kubernetes_target.api import Api
from worker.tools.kubernetes_target.news import Changed, Listed, Lost, News, Source
from worker.tools.kubernetes_target.watch import Timing, Watch

SHORT = Timing(window=3, slack=0.5, first_pause=0.05, longest_pause=1.0)


def uid(raw: Any) -> str:
    return str(raw["metadata"]["uid"])


PODS = {"pods": Source("/pods", {}, uid)}
THREE = {kind: Source(f"/{kind}", {}, uid) for kind in ("deployments", "replicasets", "pods")}
ADDED = {"type": "ADDED", "object": {"metadata": {"uid": "b"}}}
EXPIRED = {"type": "ERROR", "object": {"kind": "Status", "code": 410, "message": "too old resource version"}}
BROKEN = {"type": "ERROR", "object": {"kind": "Status", "code": 500, "message": "etcd is not there"}}


def told(watch: Watch) -> Iterator[News]:
    """All news, until there is none for 10 s."""
    return iter(partial(watch.next, 10), None)


@pytest.mark.parametrize(
    ("cut", "loses"),
    [
        (events(EXPIRED), False),
        (status(410, "too old resource version"), False),
        (events(), False),
        (Said(200, b'{"type": "ADD'), False),
        (Said(200, b'{"type": "ADD', cut=True), True),
        (Said(200, b"<html>\n"), True),
        (events(BROKEN), True),
        (status(500, "no"), True),
    ],
    ids=["expired", "expired at once", "closed", "truncated", "cut off", "no JSON", "error", "refused"],
)
def test_watch_lists_again_after_every_kind_of_end_and_says_so_when_it_was_a_failure(cut: Said, loses: bool) -> None:
    numbers = count()
    with (
        serving(lambda asked: cut if asked.watching else listing(f"list-{next(numbers)}")) as fake,
        Watch(Api(fake.connect), PODS, SHORT) as watch,
    ):
        news = told(watch)
        assert next(news).objects == {"list-0": "list-0"}  # type: ignore[union-attr]
        between = next(news)
        assert isinstance(between, Lost) is loses
        again = next(news) if loses else between
        assert isinstance(again, Listed)
        assert "list-1" in again.objects


def test_kinds_take_turns_and_three_lists_and_watches_start_them() -> None:
    """A turn of 1 s here, of 15 s by default."""
    with serving(lambda asked: window(asked) if asked.watching else listing()) as fake, Watch(Api(fake.connect), THREE, SHORT):
        began = monotonic()
        wait_until(lambda: len(fake.asked) >= 6 + 2 * 4)
        turns = monotonic() - began
        relists = [asked for asked in fake.asked if not asked.watching][3:]
    assert len(fake.asked) <= 6 + 2 * (turns + 1)
    assert {asked.path for asked in relists[:3]} == {"/deployments", "/replicasets", "/pods"}
    assert max(Counter(asked.path for asked in relists).values()) <= turns / 3 + 1


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


def test_long_list_comes_in_pages() -> None:
    pages = {"": listing("a", following="next"), "next": listing("b")}
    with (
        serving(lambda asked: window(asked) if asked.watching else pages[asked.query.get("continue", "")]) as fake,
        Watch(Api(fake.connect), PODS, SHORT) as watch,
    ):
        first = watch.next(10)
    assert isinstance(first, Listed)
    assert list(first.objects) == ["a", "b"]


def test_change_is_told_and_watch_lets_go_at_once_when_left() -> None:
    with serving(lambda asked: window(asked, ADDED) if asked.watching else listing("a")) as fake:
        with Watch(Api(fake.connect), PODS) as watch:
            assert watch.next(10).objects == {"a": "a"}  # type: ignore[union-attr]
            assert watch.next(10) == Changed("pods", "b", "b")
        wait_until(lambda: not any(thread.is_alive() for thread in watch.threads))


def test_look_again_lists_every_kind_at_once_and_loses_none() -> None:
    with serving(lambda asked: window(asked) if asked.watching else listing()) as fake, Watch(Api(fake.connect), THREE) as watch:
        news = told(watch)
        first = [next(news) for _ in THREE]
        wait_until(lambda: len(fake.asked) == 6)
        began = monotonic()
        watch.look_again()
        second = [next(news) for _ in THREE]
    assert all(isinstance(found, Listed) for found in first + second)
    assert all(found.asked >= began for found in second if isinstance(found, Listed))


def test_token_that_rotates_in_the_middle_of_a_watch_is_not_even_noticed() -> None:
    valid = ["old"]

    def answer(asked: Asked) -> Said:
        if asked.token != valid[0]:
            return status(401, "Unauthorized")
        return window(asked) if asked.watching else listing()

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
        return window(asked) if asked.watching else listing()

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
        serving(lambda asked: window(asked) if asked.watching else listing()) as fake,
        proxied("127.0.0.1", fake.port) as proxy,
        Watch(Api(partial(fake.connect, proxy.port)), PODS, SHORT) as watch,
    ):
        assert isinstance(watch.next(10), Listed)
        wait_until(lambda: len(fake.asked) == 2)
        proxy.speaking.clear()
        assert isinstance(watch.next(10), Lost)
        proxy.speaking.set()
        assert isinstance(watch.next(20), Listed)


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("iptables"), reason="dropping packets needs root and iptables")
def test_peer_that_vanishes_is_noticed_long_before_its_window_ends_and_without_a_request() -> None:
    command = ["unshare", "--net", sys.executable, "-m", "tests.integration.kubernetes.vanishing_peer"]
    told = json.loads(subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout)
    assert 5 < told["seconds"] < 25
    assert told["requests"] == 2
