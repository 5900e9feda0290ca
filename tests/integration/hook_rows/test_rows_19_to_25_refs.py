"""Rows 19 and 22 to 25: one push told twice, deleted and unusual refs, tags, and what is no commit, from each forge."""

from typing import Any

import pytest

from pipeline.store import Store
from tests.forges import PUSH, outcomes, reason, send
from tests.hook import COMMIT
from tests.integration.hook_rows.forge_apps import FORGES, TAG, pushed
from tests.wire import Server


@FORGES
def test_row_19_one_push_by_two_hooks_with_one_id_is_one_run(forge_server: Server, store: Store, forge: str) -> None:
    first, second = (send(forge_server, forge, pushed(forge), also={"X-GitHub-Hook-ID": hook}) for hook in ("100", "200"))
    assert (outcomes(first), outcomes(second)) == ([("iris", "accepted")], [("iris", "duplicate")])
    assert len(store.runs()) == 1


@FORGES
def test_row_19_one_push_under_two_ids_is_one_run(forge_server: Server, store: Store, forge: str) -> None:
    for delivery in ("one", "two"):
        assert send(forge_server, forge, pushed(forge), delivery=delivery).status_code in (200, 202)
    assert len(store.runs()) == 1


@pytest.mark.parametrize(
    ("forge", "name", "event", "changed"),
    [
        ("github", "branch_deleted", "push", {}),
        ("github", "branch_deleted", "push", {"deleted": False}),
        ("gitlab", "branch_deleted", "Push Hook", {}),
        ("gitea", "branch_deleted", "delete", {}),
    ],
)
def test_row_22_a_deleted_branch_starts_nothing(
    forge_server: Server, store: Store, forge: str, name: str, event: str, changed: dict[str, Any]
) -> None:
    assert reason(send(forge_server, forge, pushed(forge, name=name, **changed), event=event)) == "the push deleted refs/heads/main"
    assert store.runs() == []


@pytest.mark.parametrize(("forge", "event"), TAG.items())
def test_row_22_a_deleted_tag_starts_nothing(forge_server: Server, store: Store, forge: str, event: str) -> None:
    assert reason(send(forge_server, forge, pushed(forge, "tagged", "tag_deleted"), event=event)) == "the push deleted refs/tags/v1.2.0"
    assert store.runs() == []


@pytest.mark.parametrize(("forge", "event"), TAG.items())
@pytest.mark.parametrize("name", ["tag", "annotated_tag"])
@pytest.mark.parametrize("app", ["tagged", "both"])
def test_a_tag_that_is_followed_starts_a_run_of_the_commit_it_stands_for(
    forge_server: Server, store: Store, forge: str, event: str, name: str, app: str
) -> None:
    answer = send(forge_server, forge, pushed(forge, app, name), event=event)
    assert (answer.status_code, outcomes(answer)) == (202, [(app, "accepted")])
    (run,) = store.runs()
    assert (run.ref, run.commit, run.pinned) == ("refs/tags/v1.2.0", COMMIT, False)


@pytest.mark.parametrize(("forge", "event"), TAG.items())
def test_a_tag_takes_the_place_of_no_push_to_the_branch(forge_server: Server, store: Store, forge: str, event: str) -> None:
    for number, (name, said) in enumerate([("push", PUSH[forge]), ("branch_created", PUSH[forge]), ("tag", event)]):
        assert send(forge_server, forge, pushed(forge, "both", name), event=said, delivery=f"d{number}").status_code in (200, 202)
    assert {run.status for run in store.runs()} == {"queued"}
    assert {run.ref for run in store.runs()} == {"refs/heads/main", "refs/tags/v1.2.0"}


@FORGES
@pytest.mark.parametrize(
    "ref",
    [
        "refs/notes/x",
        "refs/pull/1/head",
        "refs/heads/refs/tags/v1",
        "refs/heads/feature/main",
        "refs/heads/$(id)",
        "refs/heads/;rm",
        "refs/heads/--upload-pack=x",
        "refs/heads/-x",
        "refs/heads/a..b",
        "refs/heads/" + "a" * 300,
        "refs/heads/<script>",
    ],
)
def test_rows_23_and_24_another_ref_is_ignored_and_taken_for_nothing_else(forge_server: Server, store: Store, forge: str, ref: str) -> None:
    told = reason(send(forge_server, forge, pushed(forge, ref=ref)))
    assert told == f"the push is to {ref if len(ref) <= 200 else ref[:199] + '…'}, the app follows refs/heads/main"
    assert store.runs() == []


@FORGES
@pytest.mark.parametrize("ref", ["refs/heads/a\nb", "refs/heads/a b", "refs/heads/\x7f", "main", "refs/", "refs/heads/" + "a" * 2000])
def test_row_24_what_is_no_full_ref_is_400(forge_server: Server, forge: str, ref: str) -> None:
    assert send(forge_server, forge, pushed(forge, ref=ref)).status_code == 400


@FORGES
@pytest.mark.parametrize("after", ["HEAD", COMMIT[:7], "--help", COMMIT + "0", COMMIT.upper(), COMMIT + "\n"])
def test_row_25_what_is_no_whole_commit_is_400(forge_server: Server, store: Store, forge: str, after: str) -> None:
    assert send(forge_server, forge, pushed(forge, after=after)).status_code == 400
    assert store.runs() == []
