"""Rows 22 and 28: a deleted branch and what waits of it; many pushes at once. What older commits come to is in ``test_jobs_order``."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from pipeline.store import Store
from tests.forges import outcomes, reason, send
from tests.hook import COMMIT
from tests.integration.hook_rows.forge_apps import pushed
from tests.wire import Server

DELETED = {"github": "push", "gitlab": "Push Hook", "gitea": "delete"}


@pytest.mark.parametrize(("forge", "event"), DELETED.items())
def test_row_22_a_deleted_branch_cancels_what_waits_of_it_and_not_what_runs(
    forge_server: Server, store: Store, forge: str, event: str
) -> None:
    send(forge_server, forge, pushed(forge), delivery="d1")
    (active,) = store.runs()
    assert store.begin(active.id, "w1", 1.0)
    send(forge_server, forge, pushed(forge, after="b" * 40, before=COMMIT), delivery="d2")
    told = reason(send(forge_server, forge, pushed(forge, name="branch_deleted"), event=event, delivery="d3"))
    waiting, running = store.runs()
    assert told == f"the push deleted refs/heads/main; what waited of it is cancelled: {waiting.id}"
    assert (waiting.status, running.status) == ("cancelled", "running")
    assert waiting.reason.endswith("deleted refs/heads/main")


def test_row_28_of_fifty_pushes_at_once_one_is_active_one_waits_and_the_newest_accepted_is_it(forge_server: Server, store: Store) -> None:
    def push(number: int) -> None:
        answer = send(forge_server, "github", pushed("github", after=f"{number:040x}"), delivery=f"d{number}")
        assert outcomes(answer) == [("iris", "accepted")]

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(push, range(1, 51)))
    newest, *others = store.runs(limit=100)
    assert newest.status == "queued"
    assert sorted(run.status for run in others) == ["queued"] + ["superseded"] * 48
    assert store.active("iris") == others[-1]
