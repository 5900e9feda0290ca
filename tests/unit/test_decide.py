"""What each app makes of a push, and whether that settles the commit for good."""

from dataclasses import replace

import pytest

from hook_server.decide import decided
from hook_server.forges.request import Ping
from pipeline.delivery import Delivery, Outcome
from tests.unit.pushes import APPS, PUSH


def settled(delivery: Delivery) -> list[tuple[str, str]]:
    said = decided(delivery, {"iris": 1, "rose": 1}, APPS.values(), new_id=lambda now: "r1", now=1000.0)
    return [decision.settles for decision in said if not decision.run]


def test_a_push_that_a_rule_ignores_is_settled_for_that_app() -> None:
    assert settled(replace(PUSH, changed=("data/iris.csv",))) == [(PUSH.ref, PUSH.commit)]


@pytest.mark.parametrize("changed", [{"ref": "refs/heads/next"}, {"deleted": True, "commit": "0" * 40}])
def test_a_push_that_says_nothing_of_where_the_app_s_branch_is_settles_nothing(changed: dict[str, object]) -> None:
    assert settled(replace(PUSH, **changed)) == [("", "")] * 2  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("remark", "told"), [("", "signed with secret 2 of this app"), ("no pushes", "signed with secret 2 of this app; no pushes")]
)
def test_a_ping_is_answered_for_the_apps_whose_secret_signed_it(remark: str, told: str) -> None:
    said = decided(Ping("d1", remark), {"iris": 2}, APPS.values(), new_id=lambda now: "r1", now=1000.0)
    assert [decision.outcome for decision in said] == [Outcome("iris", "pong", reason=told)]
