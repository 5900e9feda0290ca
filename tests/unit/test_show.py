"""How a run reads on a page."""

from dataclasses import replace

import pytest

from hook_server import show
from hook_server.auth import inside
from hook_server.timeline import Metric, metrics, rows
from pipeline.model import Run, Status, StepResult, Trigger
from tests.hook import COMMIT, spec

RUN = Run("r1", "iris", Trigger.PUSH, "refs/heads/main", COMMIT, message="Fix", requested_by="ada", created_at=1000.0)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-0.2, "0.0 s"),
        (0.42, "0.4 s"),
        (12.3, "12 s"),
        (65, "1 min 05 s"),
        (7800, "2 h 10 min"),
        (90_000, "25 h 00 min"),
        (300_000, "3 d"),
    ],
)
def test_spans_read_well(seconds: float, text: str) -> None:
    assert show.span(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(-3, "just now"), (0.4, "just now"), (59, "59 s ago"), (61, "1 min ago"), (90_000, "1 d ago")]
)
def test_ages_read_well(seconds: float, text: str) -> None:
    assert show.ago(seconds) == text


@pytest.mark.parametrize(
    ("text", "start"),
    [
        (COMMIT, COMMIT[:8]),
        ("registry.example.com/iris@sha256:" + "ab" * 32, "sha256:abababababab"),
        ("git-6dcb09b5b578", "git-6dcb09b5b578"),
        ("", ""),
    ],
)
def test_commits_and_digests_are_cut_and_names_are_not(text: str, start: str) -> None:
    assert show.short(text) == start


def test_times_are_told_in_utc() -> None:
    assert (show.absolute(0), show.iso(0)) == ("1970-01-01 00:00:00 UTC", "1970-01-01T00:00:00Z")


def test_a_title_is_the_message_of_the_commit_that_was_built() -> None:
    pulled = StepResult("pull", Status.SUCCEEDED, 1.0, 2.0, {"commit": "b" * 40, "message": "Newer tip"})
    assert show.title(RUN) == "Fix"
    assert show.title(replace(RUN, steps=(pulled,))) == "Newer tip"
    assert show.title(replace(RUN, message="")) == "Tip of main"


@pytest.mark.parametrize(("who", "text"), [("ada", "pushed by ada"), ("", "pushed")])
def test_a_run_says_who_asked_for_it(who: str, text: str) -> None:
    assert show.asked(replace(RUN, requested_by=who)) == text


@pytest.mark.parametrize(
    ("status", "reason", "other"),
    [(Status.SUPERSEDED, "by run r2", "r2"), (Status.SUPERSEDED, "by run <b>", ""), (Status.FAILED, "by run r2", "")],
)
def test_only_a_superseded_run_names_the_one_in_its_place(status: Status, reason: str, other: str) -> None:
    assert show.superseded_by(replace(RUN, status=status, reason=reason)) == other


def test_steps_to_come_wait_and_those_never_reached_say_so() -> None:
    done = StepResult("pull", Status.SUCCEEDED, 1000.0, 1002.0)
    running = replace(RUN, status=Status.RUNNING, steps=(done, StepResult("retrain", Status.RUNNING, 1002.0)))
    assert [row.state for row in rows(running, spec(), 1010.0)][:4] == ["succeeded", "running", "waiting", "waiting"]
    ended = replace(RUN, status=Status.CANCELLED, steps=(done,))
    assert [row.state for row in rows(ended, spec(), 1010.0)][:2] == ["succeeded", "unreached"]


def test_bars_share_the_time_of_the_run() -> None:
    steps = (StepResult("pull", Status.SUCCEEDED, 1000.0, 1002.0), StepResult("retrain", Status.RUNNING, 1002.0))
    first, second, third = rows(replace(RUN, status=Status.RUNNING, steps=steps), spec(), 1010.0)[:3]
    assert [(row.left, row.width, row.seconds) for row in (first, second, third)] == [(0, 20, 2.0), (20, 80, 8.0), (0, 0, None)]


def test_steps_of_an_app_that_left_the_file_are_still_shown() -> None:
    run = replace(RUN, app="gone", status=Status.FAILED, steps=(StepResult("pull", Status.FAILED, 1.0, 1.0),))
    assert [row.name for row in rows(run, spec(), 5.0)] == ["pull"]


def test_metrics_stand_beside_the_live_ones() -> None:
    outputs = {"accuracy": "0.95", "f1": "0.5", "note": "x", "live accuracy": "0.94", "live f1": "0.5"}
    run = replace(RUN, steps=(StepResult("evaluate", Status.SUCCEEDED, 1.0, 2.0, outputs),))
    assert metrics(run) == [Metric("accuracy", "0.95", "0.94", "+0.01"), Metric("f1", "0.5", "0.5", "±0"), Metric("note", "x", "", "")]


@pytest.mark.parametrize("target", ["/", "/runs/r1", "/?app=iris", "/runs/r1?x=/y"])
def test_a_path_of_this_server_is_a_place_to_go(target: str) -> None:
    assert inside(target) == target


@pytest.mark.parametrize(
    "target", ["", "//evil.example", "/\\evil.example", "\\evil", "https://evil.example", "/\t/evil.example", "/a\nb", "evil", "/a\\b"]
)
def test_anything_else_leads_to_the_first_page(target: str) -> None:
    assert inside(target) == "/"
