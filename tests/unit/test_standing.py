from worker.gateway.desired import ContainerRelease
from worker.gateway.status import AppStatus, ReplicaStatus, State
from worker.tools.standing import progress, story, worst


def replica(number: int, state: State, *, current: bool = True, restarts: int = 0, reason: str = "") -> ReplicaStatus:
    return ReplicaStatus(number, "iris:1", current, state, restarts=restarts, exit_code=3 if restarts else None, reason=reason)


def status(*replicas: ReplicaStatus) -> AppStatus:
    return AppStatus("iris", 80, 1, "r1", 1, ContainerRelease("iris:1", 8080), 2, complete=False, replicas=replicas)


def test_progress_counts_the_release_and_what_still_serves_beside_it() -> None:
    both = status(replica(1, State.READY, current=False), replica(2, State.READY), replica(3, State.DRAINING))
    assert progress(both) == "1 of 2 replicas ready, 1 of the release before still serve"


def test_the_worst_has_failed_or_else_is_not_ready_or_else_was_started_again() -> None:
    ready, again, unready, failed = (
        replica(1, State.READY),
        replica(2, State.READY, restarts=2),
        replica(3, State.STARTING),
        replica(4, State.FAILED),
    )
    assert [worst(status(*some)) for some in ((ready, unready, failed), (ready, again, unready), (ready, again))] == [
        failed,
        unready,
        again,
    ]


def test_a_replica_of_another_release_or_on_its_way_out_is_never_the_worst() -> None:
    assert worst(status(replica(1, State.FAILED, current=False), replica(2, State.DRAINING))) is None


def test_a_story_is_the_reason_and_the_last_lines() -> None:
    assert story(replica(1, State.FAILED, reason="exited with code 3"), ["no model"]).splitlines() == [
        "replica 1: exited with code 3",
        "its last lines:",
        "no model",
    ]


def test_a_restart_without_a_reason_tells_its_exit_code() -> None:
    assert story(replica(1, State.READY, restarts=2), []) == "replica 1: started again 2 times, exit code before was 3"
