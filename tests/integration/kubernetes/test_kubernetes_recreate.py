"""Rollbacks of ``strategy: Recreate`` after the deadline was hit: twenty, on real controllers, with not one false failure.

For some milliseconds after such a rollback the Deployment shows the new generation beside the old ProgressDeadlineExceeded, and whoever
believes it reports a failure that is none. The pods belong to no node; the test plays their kubelet, so the controllers alone set the pace.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event, Thread
from typing import Any
from uuid import uuid4

import pytest

from pipeline.errors import StepFailed, ToolError
from tests.integration.kubernetes.app import GOOD, NEXT, App, Lines, context, run
from tests.waiting import wait_until
from worker.tools.kubernetes_target.api import Api, configuration
from worker.tools.kubernetes_target.news import Changed, Listed, Source
from worker.tools.kubernetes_target.watch import Watch

pytestmark = pytest.mark.cluster
READY = {
    "phase": "Running",
    "conditions": [{"type": "Ready", "status": "True"}],
    "containerStatuses": [{"name": "web", "image": GOOD, "imageID": "", "ready": True, "restartCount": 0, "state": {"running": {}}}],
}


def recreated(manifest: Any) -> None:
    """With a deadline that is short, and yet long enough for a rollback on a busy machine."""
    spec = manifest["spec"]
    spec["strategy"], spec["progressDeadlineSeconds"] = {"type": "Recreate"}, 8
    spec["template"]["spec"]["schedulerName"] = "nobody"


@pytest.fixture
def kubelet(namespace: str) -> Iterator[None]:
    """Every pod of the good image gets ready, no other does."""
    over = Event()
    api = Api(lambda: configuration(context()))
    path = f"/api/v1/namespaces/{namespace}/pods"

    def keep() -> None:
        with Watch(api, {"pods": Source(path, {}, waiting)}) as watch:
            while not over.is_set():
                news = watch.next(0.1)
                found = news.objects.values() if isinstance(news, Listed) else [news.object] if isinstance(news, Changed) else []
                for name in filter(None, found):
                    attend(api, f"{path}/{name}/status")

    thread = Thread(target=keep)
    thread.start()
    yield
    over.set()
    thread.join()


def waiting(pod: Any) -> str:
    """Its name, if it is for the kubelet of this test to start."""
    spec, status = pod["spec"], pod["status"]
    ours = spec["schedulerName"] == "nobody" and spec["containers"][0]["image"] == GOOD and status["phase"] == "Pending"
    return pod["metadata"]["name"] if ours else ""


def attend(api: Api, path: str) -> None:
    try:
        api.patch(path, {"status": READY})
    except ToolError:
        return  # it is gone already, and another takes its place


def there_and_back(app: App) -> bool:
    """A rollout to its deadline, and its rollback; whether the controller noticed the deadline, which it forgets now and then."""
    app.create(edit=recreated)
    target = app.target()
    saved = wait_until(target.snapshot, 60, 0.5)
    assert saved is not None
    with pytest.raises((StepFailed, ToolError)) as failed:
        target.rollout(NEXT, run(1), 45, Lines())
    assert target.restore(saved, run(1), 60, Lines())["changed"] == "yes"
    return "made no progress within its progressDeadlineSeconds" in str(failed.value)


def test_twenty_rollbacks_of_recreate_after_the_deadline_report_no_false_failure(namespace: str, kubelet: None) -> None:
    apps = [App(f"iris-{uuid4().hex[:6]}", namespace) for _ in range(20)]
    with ThreadPoolExecutor(len(apps)) as pool:
        assert sum(pool.map(there_and_back, apps)) > len(apps) / 2
