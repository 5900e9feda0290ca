"""Credentials that rotate, permissions that lack, versions that expire and servers that hang: against a scripted API server."""

from functools import partial
from itertools import count
from time import monotonic

import pytest

from pipeline.errors import ToolError
from pipeline.spec import KubernetesTarget as Place
from tests.integration.kubernetes.fake_api import Asked, events, listing, serving, status
from tests.waiting import wait_until
from worker.tools.kubernetes_target.api import Api, ApiRefused
from worker.tools.kubernetes_target.deployment import KubernetesDeployment
from worker.tools.kubernetes_target.watch import Changed, Listed, Lost, Source, Watch

FORBIDDEN = 'pods is forbidden: User "u" cannot watch resource "pods" in API group "" in the namespace "ml"'
PLACE = Place.model_validate({"kind": "kubernetes", "context": "c", "deployment": "iris", "container": "web"})
PODS = {"pods": Source("/pods", {})}
EXPIRED = {"type": "ERROR", "object": {"kind": "Status", "code": 410, "message": "too old resource version"}}
ADDED = {"type": "ADDED", "object": {"metadata": {"uid": "b"}}}


def test_rotated_credentials_are_read_again() -> None:
    with serving(lambda asked: listing() if asked.token == "new" else status(401, "no"), ("old", "new")) as fake:
        Api(fake.connect).get("/pods")
        assert [asked.token for asked in fake.asked] == ["old", "new"]


def test_credentials_that_stay_refused_are_an_error_with_advice() -> None:
    with (
        serving(lambda _: status(401, "Unauthorized")) as fake,
        pytest.raises(ToolError, match="does not accept the credentials") as caught,
    ):
        Api(fake.connect).get("/pods")
    assert not caught.value.transient


def test_missing_permission_names_the_verb_and_the_resource() -> None:
    with (
        serving(lambda _: status(403, FORBIDDEN)) as fake,
        pytest.raises(ApiRefused, match="add verb 'watch' on 'pods' to the Role") as caught,
    ):
        Api(fake.connect).get("/pods")
    assert not caught.value.transient


@pytest.mark.parametrize("code", [429, 500, 503])
def test_server_in_trouble_is_worth_another_try(code: int) -> None:
    with serving(lambda _: status(code, "busy")) as fake, pytest.raises(ApiRefused, match="busy") as caught:
        Api(fake.connect).get("/pods")
    assert caught.value.transient


def test_server_that_is_not_there_is_worth_another_try() -> None:
    with serving(lambda _: listing()) as fake:
        api = Api(fake.connect)
    with pytest.raises(ToolError, match="cannot be reached") as caught:
        api.get("/pods")
    assert caught.value.transient


def test_stream_that_falls_silent_is_given_up() -> None:
    with serving(lambda _: events(ADDED, hang=True)) as fake:
        began = monotonic()
        with pytest.raises(ToolError), Api(fake.connect).stream("/pods", {}, 0.2) as response:
            list(response.stream())
        assert monotonic() - began < 2


@pytest.mark.parametrize("cut", [events(EXPIRED), events(), (200, b'{"type": "ADD', False), (200, b"<html>\n", False), status(500, "no")])
def test_watch_lists_again_after_every_kind_of_end(cut: tuple[int, bytes, bool]) -> None:
    numbers = count()
    with (
        serving(lambda asked: cut if asked.watching else listing(f"list-{next(numbers)}")) as fake,
        Watch(Api(fake.connect), PODS) as watch,
    ):
        lists = (news for news in iter(partial(watch.next, 5), None) if isinstance(news, Listed))
        assert [next(lists).objects[0]["metadata"]["uid"] for _ in range(2)] == ["list-0", "list-1"]


def test_watch_that_ends_at_once_for_ever_does_not_hammer_the_server() -> None:
    with serving(lambda asked: status(500, "no")) as fake, Watch(Api(fake.connect), PODS) as watch:
        for _ in range(4):
            assert isinstance(watch.next(5), Lost)
        assert len(fake.asked) <= 5


def test_watch_tells_of_a_change_and_lets_go_at_once_when_left() -> None:
    with serving(lambda asked: events(ADDED, hang=True) if asked.watching else listing("a")) as fake:
        began = monotonic()
        with Watch(Api(fake.connect), PODS) as watch:
            assert watch.next(5) == Listed("pods", ({"metadata": {"uid": "a"}},))
            assert watch.next(5) == Changed("pods", {"metadata": {"uid": "b"}}, gone=False)
        wait_until(lambda: not any(thread.is_alive() for thread in watch.threads))
        assert monotonic() - began < 5


@pytest.mark.parametrize("code", [409, 422])
def test_overtaken_patch_is_made_again_from_what_is_there_now(code: int) -> None:
    patches = count()

    def answer(asked: Asked) -> tuple[int, bytes, bool]:
        return status(code, "the object has been modified") if asked.method == "PATCH" and next(patches) < 2 else (200, b"{}", False)

    with serving(answer) as fake:
        assert KubernetesDeployment(Api(fake.connect), PLACE).change(lambda _: {}) == ({}, {})
        assert [asked.method for asked in fake.asked] == ["GET", "PATCH"] * 3


def test_patch_refused_three_times_is_an_error_in_the_server_s_words() -> None:
    def answer(asked: Asked) -> tuple[int, bytes, bool]:
        return status(422, "image is invalid") if asked.method == "PATCH" else (200, b"{}", False)

    with serving(answer) as fake, pytest.raises(ApiRefused, match="image is invalid"):
        KubernetesDeployment(Api(fake.connect), PLACE).change(lambda _: {})
