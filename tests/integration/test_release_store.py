"""What the store remembers of releases: the history, what proved bad, and that both change only with the end of a run."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from pipeline.errors import Fenced
from pipeline.model import Run, Status, StepResult, Trigger
from pipeline.release import Release, Withdrawn, withdrawn
from pipeline.releases import Releases
from pipeline.store import Store

GOOD, BAD = "a" * 64, "b" * 64


@pytest.fixture
def begin(store: Store) -> Callable[..., Run]:
    """Accept and begin the next run."""

    def begin(name: str, trigger: Trigger = Trigger.PUSH, **changed: object) -> Run:
        store.accept(Run(name, "iris", trigger, "refs/heads/main", delivery=name, created_at=1.0, **changed))  # type: ignore[arg-type]
        run = store.begin(name, "w1", 2.0)
        assert run is not None
        return replace(run, finished_at=5.0)

    return begin


Begin = Callable[..., Run]


def release(run: str, content: str = GOOD) -> Release:
    return Release("iris", run, "c" * 40, f"repo@{run}", f"sha256:{run}", "template", "", 5.0, content)


def goes_live(store: Store, run: Run, content: str = GOOD) -> Release:
    made = release(run.id, content)
    store.finish(replace(run, status=Status.SUCCEEDED), made)
    return made


def fails(store: Store, run: Run, content: str = BAD, status: Status = Status.FAILED) -> None:
    built = StepResult("build", Status.SUCCEEDED, 1.0, 2.0, {"content": content})
    steps = (built, StepResult("rollout", status, 2.0, 3.0, {}, "never ready"))
    store.finish(replace(run, steps=steps, status=Status.ROLLED_BACK, reason="rollout: never ready"))


def contents_held_bad(store: Store) -> set[str]:
    return set(Releases(store.redis).bad("iris", [GOOD, BAD]))


def test_the_history_is_newest_first_and_begins_with_what_is_live(store: Store, begin: Begin, releases: Releases) -> None:
    made = [goes_live(store, begin(name), name) for name in ("r1", "r2", "r3")]
    assert releases.verified("iris") == made[::-1]
    assert releases.live("iris") == made[-1]


def test_the_newest_fifty_releases_are_kept(store: Store, begin: Begin, releases: Releases) -> None:
    for number in range(52):
        goes_live(store, begin(f"r{number}"))
    assert [found.run for found in releases.verified("iris")] == [f"r{number}" for number in range(51, 1, -1)]


def test_what_served_before_the_first_release_is_no_verified_release(store: Store, begin: Begin, releases: Releases) -> None:
    run = begin("r1")
    store.adopt(run, release(""))
    assert releases.verified("iris") == []
    goes_live(store, run)
    assert [found.run for found in releases.verified("iris")] == ["r1"]


def test_a_run_that_verified_nothing_leaves_the_history_as_it_is(store: Store, begin: Begin, releases: Releases) -> None:
    made = goes_live(store, begin("r1"))
    fails(store, begin("r2"))
    assert releases.verified("iris") == [made]
    assert releases.live("iris") == made


def test_what_a_run_proved_bad_is_remembered_with_its_run_and_reason(store: Store, begin: Begin, releases: Releases) -> None:
    fails(store, begin("r1", commit="d" * 40))
    bad = releases.bad("iris", [BAD])[BAD]
    assert (bad.run, bad.commit, bad.reason, bad.at) == ("r1", "d" * 40, "rollout: never ready", 5.0)


def test_the_memory_is_each_app_s_own(store: Store, begin: Begin, releases: Releases) -> None:
    fails(store, begin("r1"))
    assert releases.bad("rose", [BAD]) == {}


def test_nothing_is_held_against_a_content_that_nobody_asks_about(store: Store, begin: Begin, releases: Releases) -> None:
    fails(store, begin("r1"))
    assert releases.bad("iris", []) == {}
    assert releases.bad("iris", [""]) == {}


def test_trouble_of_the_machinery_is_not_remembered(store: Store, begin: Begin) -> None:
    fails(store, begin("r1"), status=Status.ERRORED)
    assert contents_held_bad(store) == set()


def test_a_later_success_of_the_same_content_clears_it(store: Store, begin: Begin) -> None:
    fails(store, begin("r1"))
    goes_live(store, begin("r2", force=True), BAD)
    assert contents_held_bad(store) == set()


def test_a_stale_attempt_neither_remembers_nor_forgets(store: Store, begin: Begin, releases: Releases) -> None:
    stale = begin("r1")
    store.abandon("r1", "w1", died=True)
    store.reap("iris", 100.0)
    with pytest.raises(Fenced):
        fails(store, stale)
    with pytest.raises(Fenced):
        goes_live(store, stale)
    assert (contents_held_bad(store), releases.verified("iris"), releases.live("iris")) == (set(), [], None)


def rolls_back(store: Store, run: Run, content: str) -> None:
    made = replace(release(run.id, content), built_by="r1")
    run = replace(run, status=Status.SUCCEEDED, requested_by="ada", message="wrong prices")
    store.finish(run, made, withdrawn(Releases(store.redis).live("iris"), run, made))


def test_a_rollback_enters_the_history_and_marks_what_was_live(store: Store, begin: Begin, releases: Releases) -> None:
    for name, content in (("r1", GOOD), ("r2", BAD)):
        goes_live(store, begin(name), content)
    rolls_back(store, begin("r3", Trigger.ROLLBACK), GOOD)
    now, left, first = releases.verified("iris")
    assert (now.run, now.built_by, now.content) == ("r3", "r1", GOOD)
    assert (left.run, left.withdrawn) == ("r2", Withdrawn("r3", "ada", "wrong prices", 5.0))
    assert first.withdrawn is None
    assert releases.live("iris") == now
    assert contents_held_bad(store) == {BAD}


def test_a_rollback_to_a_content_that_was_bad_makes_it_good_again(store: Store, begin: Begin) -> None:
    goes_live(store, begin("r1"), BAD)
    goes_live(store, begin("r2"), GOOD)
    fails(store, begin("r3"), BAD)
    rolls_back(store, begin("r4", Trigger.ROLLBACK), BAD)
    assert contents_held_bad(store) == {GOOD}


def test_a_rollback_that_fails_changes_neither_history_nor_memory_and_frees_the_lane(
    store: Store, begin: Begin, releases: Releases
) -> None:
    made = [goes_live(store, begin(name), content) for name, content in (("r1", GOOD), ("r2", BAD))]
    store.finish(replace(begin("r3", Trigger.ROLLBACK), status=Status.ROLLBACK_FAILED))
    assert (releases.verified("iris"), releases.live("iris"), contents_held_bad(store)) == (
        made[::-1],
        made[1],
        set(),
    )
    assert store.active("iris") is None


def strands(store: Store, run: Run) -> None:
    step = StepResult("rollback", Status.FAILED, 2.0, 3.0, {"tried": "repo@r1"})
    store.finish(replace(run, steps=(step,), status=Status.ROLLBACK_FAILED))


def test_a_rollback_that_failed_midway_is_known_until_a_release_is_verified(store: Store, begin: Begin, releases: Releases) -> None:
    goes_live(store, begin("r1"))
    strands(store, begin("r2"))
    store.finish(replace(begin("r3"), status=Status.REJECTED))
    assert releases.stranded("iris") == "r2"
    goes_live(store, begin("r4"))
    assert releases.stranded("iris") == ""


def test_a_rollback_that_succeeds_later_ends_it_too(store: Store, begin: Begin, releases: Releases) -> None:
    strands(store, begin("r1"))
    fails(store, begin("r2"))
    assert releases.stranded("iris") == ""


def test_a_rollback_that_was_refused_before_it_began_strands_nothing(store: Store, begin: Begin, releases: Releases) -> None:
    store.finish(replace(begin("r1", Trigger.ROLLBACK), status=Status.ROLLBACK_FAILED))
    assert releases.stranded("iris") == ""
