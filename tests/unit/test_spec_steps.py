"""The steps of an app: their names, order and settings, and what is said of wrong ones."""

import pytest

from pipeline.spec import parse
from pipeline.spec.values import seconds
from tests.unit.spec_file import problems, steps

DURATION = "is no duration; write a whole number and its unit, such as 500ms, 30s, 5m or 2h"
ORDER = "the order is pull, retrain, evaluate, build, tag, prune, rollout, verify, rollback"
FURTHER = "a step's settings stand further to the right than its name"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[]", "steps: must not be empty"),
        ("pull", "steps: must be a list, not text"),
        ("{pull: {}}", "steps: must be a list, not a mapping"),
        ("[pull, bild]", "steps[1]: 'bild' is no step; the nearest is build"),
        ("[1]", "steps[0]: must be a step's name, or a mapping of one name to its settings"),
        ("[null]", "steps[0]: must be a step's name, or a mapping of one name to its settings"),
        ("[[pull]]", "steps[0]: must be a step's name, or a mapping of one name to its settings"),
        ("[{}]", f"steps[0]: must name one step, not none; {FURTHER}"),
        ("[{pull: {}, build: {}}]", f"steps[0]: must name one step, not pull and build; {FURTHER}"),
        ("[{pull: , build: {}}]", f"steps[0]: must name one step, not pull and build; {FURTHER}"),
        ("[{pull: , timeout: 5s}]", f"steps[0]: must name one step, not pull and timeout; {FURTHER}"),
        ("[{pull: fast}]", "steps[0].pull: must be a mapping of keys to values, not text"),
        ("[pull, pull]", "steps: pull stands there twice"),
        ("[build]", "steps: build needs pull before it"),
        ("[pull, rollout]", "steps: rollout needs tag before it"),
        ("[pull, build, tag, rollout]", "steps: rollout needs verify behind it: only a release that was verified can be put back"),
        ("[pull, build, retrain]", f"steps: build comes too early; {ORDER}"),
        ("[{pull: {when: never}}]", "steps[0].pull.when: must be 'success', 'failure' or 'always', not 'never'"),
        ("[{pull: {retries: 11}}]", "steps[0].pull.retries: must be at most 10"),
        ("[{pull: {retries: -1}}]", "steps[0].pull.retries: must be at least 0"),
        ("[{pull: {retries: true}}]", "steps[0].pull.retries: must be a whole number, not true"),
        ("[{pull: {timeout: 0s}}]", "steps[0].pull.timeout: must be longer than nothing"),
        ("[{pull: {timeout: 721h}}]", "steps[0].pull.timeout: 721h is longer than 30 days"),
        ("[{pull: {timeout: 5}}]", f"steps[0].pull.timeout: the number 5 {DURATION}"),
        ("[{pull: {timeout: }}]", f"steps[0].pull.timeout: nothing {DURATION}"),
        ("[{pull: {timeout: [5s]}}]", f"steps[0].pull.timeout: a list {DURATION}"),
    ],
)
def test_what_is_wrong_with_steps_is_said_once_and_with_its_key(text: str, said: str) -> None:
    assert problems(steps(text)) == (f"apps.iris.{said}",)


@pytest.mark.parametrize("bad", ["", "5", "5 m", "5x", "-5s", "+5s", "1.5h", "5S", "5s ", "٣s", "5m30s", "s", "1e3s"])
def test_a_duration_is_a_whole_number_and_a_unit(bad: str) -> None:
    assert problems(steps(f"[{{pull: {{timeout: '{bad}'}}}}]")) == (f"apps.iris.steps[0].pull.timeout: '{bad}' {DURATION}",)


@pytest.mark.parametrize(("text", "value"), [("500ms", 0.5), ("30s", 30), ("5m", 300), ("2h", 7200), ("0s", 0), ("720h", 2_592_000)])
def test_a_duration_is_read_in_seconds(text: str, value: float) -> None:
    assert seconds(text) == value


def test_long_text_in_place_of_a_duration_is_cut_short() -> None:
    assert len(problems(steps(f"[{{pull: {{timeout: {'5' * 5000}s}}}}]"))[0]) < 200


@pytest.mark.parametrize("text", ["[pull]", "[{pull: }]", "[{pull: {}}]"])
def test_a_bare_name_and_one_with_nothing_behind_it_take_the_defaults(text: str) -> None:
    (step,) = parse(steps(text)).apps["iris"].steps
    assert (step.name, step.settings.when, step.settings.timeout, step.settings.retries) == ("pull", "success", 600, 2)


@pytest.mark.parametrize(("name", "when", "timeout"), [("retrain", "success", 3600), ("rollback", "failure", 600)])
def test_some_steps_have_defaults_of_their_own(name: str, when: str, timeout: float) -> None:
    all_steps = parse(steps("[pull, retrain, build, tag, rollout, verify, rollback]")).apps["iris"].steps
    settings = next(step.settings for step in all_steps if step.name == name)
    assert (settings.when, settings.timeout) == (when, timeout)


@pytest.mark.parametrize("text", ["[pull, build, tag, rollout, verify, prune]", "[prune, pull]", "[pull, retrain, evaluate]"])
def test_steps_may_be_left_out_and_prune_may_come_when_it_likes(text: str) -> None:
    assert parse(steps(text))
