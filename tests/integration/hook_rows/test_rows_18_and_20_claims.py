"""Rows 18 and 20: one delivery many times, and a stranger who sends its id first."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from pipeline.deliveries import Deliveries
from pipeline.store import Store
from tests.wire import BODY, SIGNED, Server, post


def outcomes(deliveries: Deliveries) -> list[str]:
    return [entry.outcomes[0].outcome for entry in deliveries.page(100).entries]


def test_row_18_the_same_delivery_again_is_200_and_names_the_first_run(server: Server, deliveries: Deliveries) -> None:
    first, again = post(server, BODY), post(server, BODY)
    assert (first.status_code, again.status_code) == (202, 200)
    assert again.json()["outcomes"][0] | {"reason": ""} == first.json()["outcomes"][0] | {"outcome": "duplicate"}
    assert outcomes(deliveries) == ["duplicate", "accepted"]


def test_row_18_the_same_delivery_twenty_times_at_once_is_exactly_one_run(server: Server, store: Store, deliveries: Deliveries) -> None:
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: post(server, BODY), range(20)))
    assert sorted(answer.status_code for answer in answers) == [200] * 19 + [202]
    assert len({answer.json()["outcomes"][0]["run"] for answer in answers}) == 1
    assert (len(store.runs()), store.redis.llen("rq:queue:pushrail")) == (1, 1)
    assert sorted(outcomes(deliveries)) == ["accepted"] + ["duplicate"] * 19


def test_row_18_a_delivery_whose_first_attempt_failed_is_accepted(server: Server, store: Store) -> None:
    store.redis.config_set("maxmemory", "1")
    try:
        assert post(server, BODY).status_code == 503
    finally:
        store.redis.config_set("maxmemory", "0")
    assert post(server, BODY).status_code == 202
    assert len(store.runs()) == 1


@pytest.mark.parametrize("signature", [None, "sha256=" + "0" * 64])
def test_row_20_an_unsigned_copy_that_came_first_takes_nothing_away(server: Server, store: Store, signature: str | None) -> None:
    forged = {**SIGNED, "X-Hub-Signature-256": signature}
    assert requests.post(f"{server[0]}/hooks/github", BODY, headers=forged, timeout=15).status_code == 401
    assert store.redis.keys("pushrail:delivery:*") == []
    assert post(server, BODY).status_code == 202
