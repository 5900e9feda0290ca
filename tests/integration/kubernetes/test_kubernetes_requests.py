"""How much a real rollout asks of the API server, by the line that urllib3 writes for each request."""

import logging
from time import monotonic

import pytest

from tests.integration.kubernetes.app import NEXT, App, Lines, run

pytestmark = pytest.mark.cluster


def test_rollout_stays_within_its_budget_of_lists_and_watches(app: App, caplog: pytest.LogCaptureFixture) -> None:
    """Three lists and three watches, and one kind's anew every 15 s."""
    app.create_ready()
    began = monotonic()
    with caplog.at_level(logging.DEBUG, "urllib3.connectionpool"):
        app.target().rollout(NEXT, run(1), 60, Lines())
    turns = (monotonic() - began) // 15
    asked = [record.getMessage() for record in caplog.records if '" 200' in record.getMessage()]
    watches = [line for line in asked if "watch=1" in line]
    lists = [line for line in asked if "limit=" in line]
    assert 3 <= len(lists) <= 3 + turns
    assert 3 <= len(watches) <= 3 + turns
