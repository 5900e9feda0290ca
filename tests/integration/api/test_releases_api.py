"""``/api/v1/apps/<app>/releases`` and ``…/rollback`` from the outside."""

from dataclasses import replace

import pytest
from flask.testing import FlaskClient

from pipeline.model import Run, Status, StepResult, Trigger
from pipeline.releases import Releases
from pipeline.store import Store
from tests.integration.api.runs import released

ROLLBACK = "/api/v1/apps/iris/rollback"
WHY = {"reason": "wrong prices"}


@pytest.fixture
def three(store: Store) -> None:
    for name in ("r1", "r2", "r3"):
        released(store, name)


def accepted(store: Store, client: FlaskClient, **wish: str) -> Run:
    answer = client.post(ROLLBACK, json={**WHY, **wish})
    assert answer.status_code == 202, answer.text
    assert answer.headers["Location"] == f"/api/v1/runs/{answer.json['id']}"
    run = store.run(answer.json["id"])
    assert run is not None
    return run


def test_releases_are_listed_newest_first_with_what_is_known_of_them(client: FlaskClient, three: None) -> None:
    live, *others = client.get("/api/v1/apps/iris/releases").json["releases"]
    wanted = {"run": "r3", "commit": "3" * 40, "message": "Change r3", "image": "repo@r3", "model": "m", "metrics": {"accuracy": "0.9"}}
    wanted |= {"requested_by": "ada", "verified_at": 3.0, "content": "r3", "revision": "", "built_by": "", "withdrawn": None}
    assert live == {**live, **wanted, "live": True}
    assert [(release["run"], release["live"]) for release in others] == [("r2", False), ("r1", False)]
    assert client.get(live["links"]["run"]).json["id"] == "r3"


def test_what_only_the_target_reads_is_not_told(client: FlaskClient, three: None) -> None:
    assert "a template" not in client.get("/api/v1/apps/iris/releases").text


def test_a_rollback_is_a_run_that_restores_the_release_it_names(client: FlaskClient, store: Store, three: None) -> None:
    run = accepted(store, client, release="r1", by="grace")
    assert (run.trigger, run.restores, run.commit, run.pinned) == (Trigger.ROLLBACK, "r1", "1" * 40, True)
    assert (run.message, run.requested_by) == ("wrong prices", "grace")


def test_a_rollback_that_names_none_restores_the_one_before_what_is_live(client: FlaskClient, store: Store, three: None) -> None:
    run = accepted(store, client)
    assert (run.restores, run.requested_by) == ("r2", "PUSHRAIL_API_TOKEN")


def test_going_back_once_more_leads_further_back(client: FlaskClient, store: Store, three: None) -> None:
    released(store, "r4", Trigger.ROLLBACK, content="r2")
    assert accepted(store, client).restores == "r1"


def test_a_rollback_waits_for_the_run_under_way_and_no_push_takes_its_place(client: FlaskClient, store: Store, three: None) -> None:
    for name in ("r5", "r6"):
        store.accept(Run(name, "iris", Trigger.PUSH, "refs/heads/main", name[-1] * 40, delivery=name))
        if name == "r5":
            back = accepted(store, client)
    assert [store.run(name).status for name in ("r5", back.id, "r6")] == [Status.QUEUED] * 3  # type: ignore[union-attr]
    begun = store.begin("r5", "w1", 5.0)
    assert begun is not None
    store.finish(replace(begun, status=Status.FAILED, finished_at=6.0))
    assert store.active("iris") == store.run(back.id)


def test_the_same_idempotency_key_is_the_same_rollback(client: FlaskClient, three: None) -> None:
    first, second = (client.post(ROLLBACK, json=WHY, headers={"Idempotency-Key": "k"}) for _ in range(2))
    assert (first.status_code, second.status_code) == (202, 200)
    assert first.json["id"] == second.json["id"]


def test_the_same_key_is_the_same_rollback_when_it_has_ended_too(client: FlaskClient, store: Store) -> None:
    for name in ("r1", "r2"):
        released(store, name)
    first = client.post(ROLLBACK, json=WHY, headers={"Idempotency-Key": "k"}).json["id"]
    begun = store.begin(first, "w1", 5.0)
    assert begun is not None
    made = replace(Releases(store.redis).verified("iris")[1], run=first, built_by="r1")
    store.finish(replace(begun, status=Status.SUCCEEDED, finished_at=6.0), made)
    again = client.post(ROLLBACK, json=WHY, headers={"Idempotency-Key": "k"})
    assert (again.status_code, again.json["id"]) == (200, first)


def test_after_a_rollback_that_failed_none_is_live_and_one_goes_back_to_the_last_verified(
    client: FlaskClient, store: Store, three: None
) -> None:
    store.accept(Run("r4", "iris", Trigger.PUSH, "refs/heads/main", "4" * 40))
    begun = store.begin("r4", "w1", 5.0)
    assert begun is not None
    step = StepResult("rollback", Status.FAILED, 5.0, 6.0, {"tried": "repo@r3"})
    store.finish(replace(begun, steps=(step,), status=Status.ROLLBACK_FAILED, finished_at=6.0))
    told = client.get("/api/v1/apps/iris/releases").json
    assert (told["stranded"], [release["live"] for release in told["releases"]]) == ("r4", [False] * 3)
    assert accepted(store, client).restores == "r3"


@pytest.mark.parametrize(
    ("wish", "status", "said"),
    [
        ({}, 400, "say the reason"),
        ({"reason": " \n"}, 400, "say the reason"),
        ({"reason": 7}, 400, "reason is not of the right type"),
        ({**WHY, "force": True}, 400, "'force'"),
        ({**WHY, "release": "r9"}, 404, "no release of run r9"),
        ({**WHY, "release": "r3"}, 409, "is live already"),
    ],
)
def test_a_rollback_that_cannot_be_is_refused_with_the_reason(
    client: FlaskClient, three: None, wish: dict[str, object], status: int, said: str
) -> None:
    answer = client.post(ROLLBACK, json=wish)
    assert (answer.status_code, said in answer.json["detail"]) == (status, True), answer.text


@pytest.mark.parametrize("releases", [(), ("r1",)])
def test_without_an_earlier_release_there_is_nothing_to_go_back_to(client: FlaskClient, store: Store, releases: tuple[str, ...]) -> None:
    for name in releases:
        released(store, name)
    answer = client.post(ROLLBACK, json=WHY)
    assert (answer.status_code, "no verified release to go back to" in answer.json["detail"]) == (409, True)


@pytest.mark.parametrize(("method", "path"), [("GET", "releases"), ("POST", "rollback")])
def test_an_app_that_is_not_there_is_404(client: FlaskClient, method: str, path: str) -> None:
    assert client.open(f"/api/v1/apps/none/{path}", method=method, json=WHY).status_code == 404


def test_a_rollback_is_not_replayed(client: FlaskClient, store: Store, three: None) -> None:
    run = accepted(store, client)
    assert client.post(f"/api/v1/runs/{run.id}/replay").status_code == 409
