"""What a delivery comes to when a person sends it through once more."""

from dataclasses import replace

from hook_server import accept, asked
from hook_server.decide import decided
from pipeline.model import Run, Trigger
from tests.unit.pushes import APPS, IRIS, PUSH, decided_run

SKIPPED = replace(PUSH, message="Fix a typo [skip ci]")


def test_a_skip_marker_does_not_stand_against_a_person() -> None:
    assert isinstance(accept.accept(SKIPPED, IRIS, run_id="r1", now=1.0), accept.Ignored)
    assert isinstance(accept.accept(SKIPPED, IRIS, run_id="r1", now=1.0, asked=True), Run)


def test_the_app_s_own_rules_still_do() -> None:
    said = decided(replace(PUSH, ref="refs/heads/next"), {"iris": 1}, APPS.values(), new_id=lambda now: "r1", now=1.0, asked=True)
    assert [decision.outcome.outcome for decision in said] == ["ignored"]


def test_its_run_is_pinned_to_its_commit_and_claims_nothing_of_the_delivery_s() -> None:
    first = decided_run()
    again = asked.redelivered(first, "5-0", key="k", by="ada")
    assert (again.trigger, again.commit, again.pinned, again.requested_by) == (Trigger.REDELIVERY, first.commit, True, "ada")
    assert again.delivery == "redelivery:5-0:k"
