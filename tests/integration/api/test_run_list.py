"""The list of runs, page by page and filtered."""

from dataclasses import replace
from typing import Any

import pytest
from flask.testing import FlaskClient

from pipeline.model import Status
from pipeline.store import Store
from tests.integration.api.runs import MAIN, accepted


@pytest.fixture
def five(store: Store) -> None:
    for number in range(1, 6):
        accepted(store, f"r{number}", app="iris" if number % 2 else "rose", commit=f"{number}" * 40)


def pages(client: FlaskClient, query: str) -> list[list[str]]:
    """The ids of every page, each found by the ``Link`` of the one before."""
    found, where = [], f"/api/v1/runs?{query}"
    while where:
        answer = client.get(where)
        assert answer.status_code == 200, answer.text
        found.append([run["id"] for run in answer.json["runs"]])
        link = answer.headers.get("Link", "")
        assert (answer.json["next"] is None) == (link == "")
        where = link.removeprefix("<").removesuffix('>; rel="next"')
    return found


def listed(client: FlaskClient, **query: Any) -> dict[str, Any]:
    answer = client.get("/api/v1/runs", query_string=query)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json
    return told


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("limit=2", [["r5", "r4"], ["r3", "r2"], ["r1"]]),
        ("limit=5", [["r5", "r4", "r3", "r2", "r1"]]),
        ("limit=2&app=iris", [["r5", "r3"], ["r1"]]),
        ("limit=1&app=rose", [["r4"], ["r2"]]),
        ("app=none", [[]]),
    ],
)
def test_pages_lead_to_each_other_until_the_last(client: FlaskClient, five: None, query: str, wanted: list[list[str]]) -> None:
    assert pages(client, query) == wanted


def test_a_page_goes_on_where_the_one_before_ended_though_runs_have_come_since(client: FlaskClient, store: Store, five: None) -> None:
    first = listed(client, limit=2)
    accepted(store, "r6")
    assert [run["id"] for run in listed(client, limit=2, cursor=first["next"])["runs"]] == ["r3", "r2"]


def test_a_run_that_is_no_longer_kept_is_passed_over(client: FlaskClient, store: Store, five: None) -> None:
    store.redis.delete("pushrail:run:r4")
    assert pages(client, "limit=2") == [["r5"], ["r3", "r2"], ["r1"]]


def test_filters_choose_by_status_and_by_ref(client: FlaskClient, store: Store, five: None) -> None:
    begun = store.begin("r1", "w1", 2000.0)
    assert begun is not None
    store.finish(replace(begun, status=Status.FAILED, finished_at=3000.0))
    assert [run["id"] for run in listed(client, status="failed")["runs"]] == ["r1"]
    assert [run["id"] for run in listed(client, status="queued", app="rose")["runs"]] == ["r4", "r2"]
    assert len(listed(client, ref=MAIN)["runs"]) == 5
    assert listed(client, ref="main")["runs"] == []


def test_one_request_looks_at_200_runs_and_leads_on(client: FlaskClient, store: Store) -> None:
    for number in range(201):
        accepted(store, f"r{number}", app="iris" if number else "rose", commit=f"{number:040x}")
    first = listed(client, status="queued", ref=MAIN, limit=200)
    assert len(first["runs"]) < 200
    everything = pages(client, "status=queued")
    assert [run for page in everything for run in page][-1] == "r0"
    assert len(everything) == 2


@pytest.mark.parametrize("query", ["cursor=", "cursor=xyz", "cursor=-1", "cursor=A", "status=done", "limit=1&limit=2", "before=3"])
def test_a_query_that_is_not_described_is_refused_by_its_key(client: FlaskClient, query: str) -> None:
    answer = client.get(f"/api/v1/runs?{query}")
    assert (answer.status_code, answer.content_type) == (400, "application/problem+json")
    assert query.partition("=")[0] in answer.json["detail"]
