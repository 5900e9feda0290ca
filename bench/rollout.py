"""A good push and a push of an image that is not there: Pushrail beside the shell script it replaces, on one cluster in one run.

    python -m bench.rollout

The script is ``kubectl set image``, ``kubectl rollout status --timeout=60s`` and, when that fails, ``kubectl rollout undo``. The two take
turns with one Deployment under the same traffic. What is printed: seconds from the change to the verdict that the release is live, from
the change to the last good release back and complete, and the requests that failed meanwhile.
"""

import json
import os
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import count

from pipeline.errors import StepFailed
from tests.e2e.cluster_app import kubectl
from tests.e2e.template_release import BODY, Served, run, served
from tests.traffic import Traffic
from tests.waiting import wait_until

ROUNDS = 3
SECONDS = 120
MISSING = f"{os.environ['TEST_REGISTRY']}/not/there:git-0"
SCRIPT = """
kubectl -n "$1" set image deployment/iris web="$2"
kubectl -n "$1" rollout status deployment/iris --timeout=60s && exit
kubectl -n "$1" rollout undo deployment/iris
kubectl -n "$1" rollout status deployment/iris --timeout=60s
"""

Change = Callable[[Served, str], None]
numbers: Iterator[int] = count(1)


def pushrail(app: Served, image: str) -> None:
    known_good, number = app.target.snapshot(), next(numbers)
    assert known_good
    try:
        app.target.rollout(image, run(number), SECONDS, lambda _: None)
    except StepFailed:
        app.target.restore(known_good, run(number), SECONDS, lambda _: None)


def script(app: Served, image: str) -> None:
    subprocess.run(["sh", "-ec", SCRIPT, "sh", app.namespace, image], check=True, capture_output=True)


def settled(app: Served) -> bool:
    """Whether the pods that left are gone, so that both begin alike."""
    pods = json.loads(kubectl("-n", app.namespace, "get", "pods", "-o", "json"))["items"]
    return len(pods) == 2 and all(status["ready"] for pod in pods for status in pod["status"]["containerStatuses"])


def seconds(change: Change, app: Served, image: str) -> float:
    wait_until(lambda: settled(app), seconds=SECONDS, every=0.2)
    began = time.monotonic()
    change(app, image)
    return time.monotonic() - began


def measured(app: Served, kind: str, image: Callable[[int], str]) -> None:
    took: dict[str, list[float]] = {"pushrail": [], "script": []}
    failed: dict[str, list[str]] = {"pushrail": [], "script": []}
    for number in range(2 * ROUNDS):
        name, change = (("pushrail", pushrail), ("script", script))[number % 2]
        with Traffic(app.url, BODY).going_on() as traffic:
            took[name].append(seconds(change, app, image(number)))
        failed[name] += traffic.failures
    ours, theirs = (statistics.median(took[name]) for name in ("pushrail", "script"))
    print(f"{kind}: {ours:.1f} s pushrail, {theirs:.1f} s script, ratio {ours / theirs:.2f}")
    print(f"    rounds {[round(one, 1) for one in took['pushrail']]} and {[round(one, 1) for one in took['script']]} s", end="; ")
    print(f"requests failed: {len(failed['pushrail'])} pushrail, {len(failed['script'])} script")


def main() -> None:
    with served() as app:
        measured(app, "good push to live", lambda number: app.images[(number + 1) % 2])
        measured(app, "missing image to restored", lambda _: MISSING)


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        main()
