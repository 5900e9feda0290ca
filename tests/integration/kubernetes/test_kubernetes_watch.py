"""What a watch tells, how it goes on after every kind of end, and how often it asks: against a scripted API server."""

from collections import Counter
from itertools import count
from time import monotonic

import pytest

from tests.integration.kubernetes.fake_api import Said, events, listing, serving, status, window
from tests.integration.kubernetes.watched import PODS, SHORT, THREE, healthy, told
from tests.waiting import wait_until
from worker.tools.kubernetes_target.api import Api
from worker.tools.kubernetes_target.news import Changed, Listed, Lost
from worker.tools.kubernetes_target.watch import Watch

ADDED = {"type": "ADDED", "object": {"metadata": {"uid": "b"}}}
EXPIRED = {"type": "ERROR", "object": {"kind": "Status", "code": 410, "message": "too old resource version"}}
BROKEN = {"type": "ERROR", "object": {"kind": "Status", "code": 500, "message": "etcd is not there"}}


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
    with serving(healthy) as fake, Watch(Api(fake.connect), THREE, SHORT):
        began = monotonic()
        wait_until(lambda: len(fake.asked) >= 6 + 2 * 4)
        turns = monotonic() - began
        relists = [asked for asked in fake.asked if not asked.watching][3:]
    assert len(fake.asked) <= 6 + 2 * (turns + 1)
    assert {asked.path for asked in relists[:3]} == {"/deployments", "/replicasets", "/pods"}
    assert max(Counter(asked.path for asked in relists).values()) <= turns / 3 + 1


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
    with serving(healthy) as fake, Watch(Api(fake.connect), THREE) as watch:
        news = told(watch)
        first = [next(news) for _ in THREE]
        wait_until(lambda: len(fake.asked) == 6)
        began = monotonic()
        watch.look_again()
        second = [next(news) for _ in THREE]
    assert all(isinstance(found, Listed) for found in first + second)
    assert all(found.asked >= began for found in second if isinstance(found, Listed))
