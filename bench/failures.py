"""How long it takes to see a bad release on a real cluster and to have the good one back, verified; prints docs/failures.md.

    python -m bench.failures > docs/failures.md

Needs what the tests marked ``cluster`` need. A few scenarios are played at a time, each in a namespace of its own.
"""

import json
import os
import re
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from threading import Event, Thread

from pipeline.errors import StepFailed
from pipeline.spec import KubernetesTarget as Place
from tests.integration.kubernetes.app import App, context, kubectl
from tests.scenarios import images
from tests.scenarios.scenario import APP, Scenario
from tests.scenarios.stage import staged
from tests.scenarios.story import Story, played
from tests.scenarios.table import BAD, FINE, STARVING
from worker.goal import GRACE
from worker.tools.kubernetes_target.api import Api, configuration
from worker.tools.kubernetes_target.deployment import KubernetesDeployment
from worker.tools.kubernetes_target.view import View
from worker.trouble import troubles

AT_A_TIME = 3
UNTIL_TIME_TELLS = next(scenario.deadline for scenario in BAD if scenario.name == "readiness-never")
LONGEST = 160
CHANGING = (
    (r"[\w-]+-[0-9a-f]{6}/settings", "settings"),
    (rf"{APP}-[0-9a-f]{{8,10}}-\w{{5}}", f"{APP}-…"),
    (r'container "[0-9a-f]{64}"', "container"),
    (r"\d+\.\d+\.\d+\.\d+:\d+/pushrail-test", "registry.example.com"),
)
PAGE = """# What bad releases look like, and how soon they are gone

Every failure below is made on a real cluster by `python -m bench.failures`, which prints this page. The Deployment is never changed but by
Pushrail; the good release is put back at once, watched to complete and asked its golden predictions. *Failed* blames the release; *errored*
says that the cluster could not run it: the good release is put back all the same, and the other may be tried again.

Seconds, on Kubernetes {version} on one node of {cores} cores, {at_a_time} scenarios at a time:

- *seen*: from the patch to the verdict. Most of it is the cluster's: to schedule the pod, pull, start, and crash twice.
- *of it ours*: from the moment the cause stands in the pod's status, where it stands there. What may pass by itself, such as a registry
  that is away, has ten seconds. Where nothing but time can tell, it is the timeout of `rollout` that does: {deadline:g} s here, five
  minutes unless `pipeline.yaml` says otherwise.
- *put back*: from the verdict to the accepted patch that restores the good release.
- *verified*: from the verdict to the golden predictions of the good release.

| failure | Pushrail says | seen | of it ours | put back | verified |
|---|---|--:|--:|--:|--:|
{rows}
"""


@dataclass(frozen=True)
class Row:
    name: str
    said: str
    seen: float
    ours: float | None
    put_back: float
    verified: float

    def __str__(self) -> str:
        ours = "" if self.ours is None else f"{self.ours:.2f}"
        return f"| {self.name} | {self.said} | {self.seen:.1f} | {ours} | {self.put_back:.2f} | {self.verified:.1f} |"


def measured(scenario: Scenario) -> Row:
    with staged(scenario) as (app, good), spying(app) as told:
        story = played(app, scenario, good)
    if story.error is None:
        raise SystemExit(f"{scenario.name} did not fail: {[line for _, line in story.lines]}")
    return row(scenario, story, told)


@contextmanager
def spying(app: App) -> Iterator[Mapping[str, float]]:
    """When each trouble was first to be read in a pod's status, by a watch of our own."""
    place, over, told = Place(kind="kubernetes", context=context(), namespace=app.namespace, deployment=APP, container=APP), Event(), {}
    deployment = KubernetesDeployment(Api(partial(configuration, place.context)), place)
    with deployment.watch(deployment.read()) as watch:
        view = View(watch)
        view.open_eyes()

        def look() -> None:
            while not over.is_set():
                view.take(0.1)
                for reason in {trouble.reason for pod in view.now.pods for trouble in troubles(pod, {}, GRACE)}:
                    told.setdefault(reason, time.monotonic())

        spy = Thread(target=look)
        spy.start()
        try:
            yield told
        finally:
            over.set()
            spy.join()


def row(scenario: Scenario, story: Story, told: Mapping[str, float]) -> Row:
    patched, ended, put_back = story.moment(" goes to "), story.moment("^(failed: |starved: |ended$)"), story.moment(" goes back to ")
    reason = str(story.error).partition("\n")[0]
    return Row(
        scenario.name.replace("-", " "),
        said(story, reason),
        ended - patched,
        max(0.0, ended - told[reason]) if reason in told else None,
        put_back - ended,
        story.lines[-1][0] - ended,
    )


def said(story: Story, reason: str) -> str:
    """The state and the reason as a reader of any other cluster would see them."""
    text = re.sub(r"^kubernetes: deployment/\S+ -n \S+: ", "", reason)
    for changing, put in CHANGING:
        text = re.sub(changing, put, text)
    text = text.replace("|", "\\|")
    return f"**{'failed' if isinstance(story.error, StepFailed) else 'errored'}** {text if len(text) <= LONGEST else f'{text[:LONGEST]}…'}"


def main() -> None:
    images.make()
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        rows = list(pool.map(measured, (*BAD, *STARVING, *(scenario for scenario in FINE if scenario.wrong))))
    version = json.loads(kubectl("version", "-o", "json"))["serverVersion"]["gitVersion"]
    facts = {"version": version, "cores": os.cpu_count(), "at_a_time": AT_A_TIME, "deadline": UNTIL_TIME_TELLS}
    print(PAGE.format(**facts, rows="\n".join(map(str, rows))), end="")


if __name__ == "__main__":
    main()
