"""The way back on a real cluster, and what is asked of a release that serves."""

import http.client
import os
import threading
from dataclasses import replace

import pytest

from pipeline.errors import Fenced, StepFailed, StepSkipped, ToolError
from pipeline.model import Status, StepResult, Trigger
from tests.integration.kubernetes.app import CRASHING, DEAF, GOOD, NEXT, App, Lines, run
from tests.waiting import wait_until

pytestmark = pytest.mark.cluster
BAD_SETTINGS = (
    '{"spec":{"template":{"spec":{"containers":[{"name":"web","command":["nginx","-g","daemon off;"],"env":[{"name":"A","value":"1"}]}]}}}}'
)


def test_restore_brings_back_the_whole_template_and_leaves_other_annotations(app: App) -> None:
    app.create_ready()
    target, before = app.target(), app.container()
    saved = target.snapshot()
    assert saved is not None
    app.kubectl("patch", f"deployment/{app.name}", "-p", BAD_SETTINGS)
    target.rollout(NEXT, run(1), 60, Lines())
    assert target.restore(saved, run(1), 60, Lines())["changed"] == "yes"
    assert app.container() == before
    marks = app.get()["metadata"]["annotations"]
    assert (marks["team"], marks["pushrail.io/image"], "pushrail.io/commit" in marks) == ("ml", GOOD, False)


def test_restore_from_a_crashing_release_keeps_the_pods_that_serve(app: App) -> None:
    app.create_ready()
    target, pods = app.target(), app.pods()
    saved = target.snapshot()
    assert saved is not None
    with pytest.raises(StepFailed):
        target.rollout(CRASHING, run(1), 60, Lines())
    target.restore(saved, run(1), 60, Lines())
    assert app.pods() == pods


def test_restore_by_an_attempt_after_a_killed_one_ends_the_same(app: App) -> None:
    app.create_ready()
    target = app.target()
    saved = target.snapshot()
    assert saved is not None
    target.restore(saved, run(1), 60, Lines())
    assert target.restore(saved, run(1, fence=2), 60, Lines())["changed"] == "no"


def test_a_release_that_a_person_goes_back_to_is_held_and_left_by_the_next_push(app: App) -> None:
    app.create_ready()
    target = app.target()
    target.rollout(NEXT, run(1), 60, Lines())
    earlier = target.hold(NEXT, run(1), 0, Lines())
    target.rollout(GOOD, run(2), 60, Lines())
    back = replace(run(3), trigger=Trigger.ROLLBACK, restores="r1")
    assert target.restore(earlier, back, 60, Lines())["changed"] == "yes"
    assert target.hold(NEXT, back, 1, Lines()) == earlier
    assert app.container()["image"] == NEXT
    assert target.rollout(GOOD, run(4), 60, Lines())["changed"] == "yes"


def test_restore_by_a_stale_attempt_is_refused(app: App) -> None:
    app.create_ready()
    saved = app.target().snapshot()
    assert saved is not None
    app.target().rollout(NEXT, run(2), 60, Lines())
    with pytest.raises(Fenced):
        app.target().restore(saved, run(1), 60, Lines())
    assert app.container()["image"] == NEXT


def test_restore_leaves_alone_what_a_person_changed_after_the_rollout(app: App) -> None:
    app.create_ready()
    saved = app.target().snapshot()
    assert saved is not None
    app.target().rollout(NEXT, run(1), 60, Lines())
    app.kubectl("set", "image", f"deployment/{app.name}", f"web={DEAF}")
    with pytest.raises(StepSkipped):
        app.target().restore(saved, run(1), 60, Lines())


def test_restore_leaves_alone_what_its_own_rollout_never_touched(app: App) -> None:
    app.create_ready()
    saved = app.target().snapshot()
    assert saved is not None
    tried = run(1).with_result(StepResult("rollout", Status.ERRORED, 0.0))
    with pytest.raises(StepSkipped):
        app.target().restore(saved, tried, 60, Lines())


def test_release_that_never_came_up_has_no_snapshot(app: App) -> None:
    app.create(image=DEAF)
    assert app.target().snapshot() is None


def test_images_in_use_are_those_that_serve_and_those_on_their_way(app: App) -> None:
    app.create_ready()
    with pytest.raises((StepFailed, ToolError)):
        app.target().rollout(DEAF, run(1), 0, Lines())
    assert {GOOD, DEAF} <= app.target().in_use()
    assert NEXT not in app.target().in_use()


def test_requests_go_through_the_service(app: App) -> None:
    app.create_ready()
    target = app.target()
    page, posted, missing = target.request("/", None, 5), target.request("/", b"{}", 5), target.request("/no/such?page=1", None, 5)
    assert b"nginx" in page.body
    assert (page.status, posted.status, missing.status) == (200, 405, 404)
    assert 0 < page.seconds < 5


def test_request_that_no_pod_can_answer_is_worth_another_try(app: App) -> None:
    app.create(image=DEAF)
    with pytest.raises(ToolError, match="no endpoints available") as caught:
        app.target().request("/", None, 5)
    assert caught.value.transient


def test_missing_service_is_told_with_advice(app: App) -> None:
    with pytest.raises(ToolError, match=r"no Service elsewhere in namespace .*; create it or set target.service"):
        app.target(service="elsewhere").request("/", None, 5)


def test_no_request_fails_during_a_rollout_and_its_rollback(app: App) -> None:
    app.create_ready(replicas=2, drain_seconds=3)
    target = app.target()
    saved = target.snapshot()
    assert saved is not None
    port = int(app.kubectl("get", "service", app.name, "-o", "jsonpath={.spec.ports[0].nodePort}"))
    wait_until(lambda: {ask(port) for _ in range(20)} == {200})
    over, answers = threading.Event(), list[int]()
    clients = [threading.Thread(target=ask_on, args=(port, over, answers)) for _ in range(4)]
    for client in clients:
        client.start()
    try:
        target.rollout(NEXT, run(1), 60, Lines())
        target.restore(saved, run(1), 60, Lines())
    finally:
        over.set()
        for client in clients:
            client.join()
    assert len(answers) > 200
    assert set(answers) == {200}


def ask(port: int) -> int:
    """The status of one request over a connection of its own; 0 when there is no answer."""
    connection = http.client.HTTPConnection(os.environ["TEST_NODE_ADDRESS"], port, timeout=5)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status
    except OSError:
        return 0
    finally:
        connection.close()


def ask_on(port: int, over: threading.Event, answers: list[int]) -> None:
    while not over.wait(0.01):
        answers.append(ask(port))
