"""``/api/v1/apps`` from the outside."""

from dataclasses import replace

from flask.testing import FlaskClient

from pipeline.model import Run, Status, StepResult, Trigger
from pipeline.store import Store
from tests.integration.api.runs import MAIN, accepted, released


def test_every_app_of_the_file_is_listed(client: FlaskClient) -> None:
    told = client.get("/api/v1/apps").json["apps"]
    assert [(app["name"], app["repository"], app["ref"]) for app in told] == [("iris", "acme/iris", MAIN), ("rose", "acme/iris", MAIN)]
    assert {key: told[0][key] for key in ("enabled", "tags", "concurrency")} == {"enabled": True, "tags": [], "concurrency": "pending-only"}
    assert client.get(told[0]["links"]["self"]).json == told[0]


def test_an_app_without_runs_has_nothing_live_and_nothing_under_way(client: FlaskClient) -> None:
    told = client.get("/api/v1/apps/rose").json
    assert {key: told[key] for key in ("live", "stranded", "active", "pending")} == {
        "live": None,
        "stranded": "",
        "active": None,
        "pending": [],
    }


def test_an_app_tells_what_is_live_what_is_under_way_and_what_waits(client: FlaskClient, store: Store) -> None:
    released(store, "r1")
    for name in ("r2", "r3"):
        accepted(store, name, commit=name[-1] * 40)
    told = client.get("/api/v1/apps/iris").json
    assert (told["live"]["run"], told["live"]["live"], told["active"]["id"]) == ("r1", True, "r2")
    assert [run["id"] for run in told["pending"]] == ["r3"]
    assert [run["id"] for run in client.get(told["links"]["runs"]).json["runs"]] == ["r3", "r2", "r1"]


def test_an_app_whose_rollback_failed_midway_has_nothing_live_for_certain(client: FlaskClient, store: Store) -> None:
    released(store, "r1")
    store.accept(Run("r2", "iris", Trigger.PUSH, MAIN, "2" * 40))
    begun = store.begin("r2", "w1", 5.0)
    assert begun is not None
    step = StepResult("rollback", Status.FAILED, 5.0, 6.0, {"tried": "repo@r1"})
    store.finish(replace(begun, steps=(step,), status=Status.ROLLBACK_FAILED, finished_at=6.0))
    told = client.get("/api/v1/apps/iris").json
    assert (told["live"], told["stranded"]) == (None, "r2")


def test_an_app_that_is_not_in_the_file_is_404(client: FlaskClient) -> None:
    assert client.get("/api/v1/apps/none").status_code == 404
