"""Row 21: a captured delivery stays signed for ever. While its claim is kept it starts nothing.

That an older commit never takes the place of the live one afterwards is seen to by ``pull``: ``tests/integration/test_jobs_order.py``.
"""

from pipeline.store import Store
from tests.wire import BODY, Server, post

DAYS = 24 * 3600


def test_row_21_a_capture_that_is_sent_again_starts_nothing_for_longer_than_a_forge_sends_again(server: Server, store: Store) -> None:
    assert post(server, BODY).status_code == 202
    (claim,) = store.redis.keys("pushrail:delivery:iris:*d1")
    assert store.redis.ttl(claim) > 4 * DAYS
    again = post(server, BODY)
    assert (again.status_code, again.json()["outcomes"][0]["outcome"]) == (200, "duplicate")
    assert len(store.runs()) == 1
