"""Rollouts and rollbacks of the template on the real cluster, under traffic through its Service."""

from collections.abc import Iterator

import pytest

from tests.e2e.template_release import BODY, Served, run, served
from tests.traffic import Traffic

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(600)]

ROUNDS, REQUESTS = 5, 8_000


@pytest.fixture
def app() -> Iterator[Served]:
    with served() as app:
        yield app


def test_no_request_fails_through_five_rollouts_and_five_rollbacks(app: Served) -> None:
    first = app.target.snapshot()
    assert first
    with Traffic(app.url, BODY).going_on() as traffic:
        for number in range(ROUNDS):
            app.target.rollout(app.images[1], run(2 * number + 1), 120, print)
            app.target.restore(first, run(2 * number + 2), 120, print)
        traffic.until(REQUESTS)
    assert traffic.failures == []
