"""What following a rollout costs, beside the SDK's typed watch on the same recorded bytes, and how soon a pod's news reach the judge.

    python -m bench.watch

The bytes are those of a rollout of three pods on the cluster, played back as often as it takes to measure; the two take turns. Ours is
all of it, from the chunk to the judge's word; the SDK's is only its typed objects. Then: the same with 3,000 pods, its memory, and the
time from a write to a pod's status on the cluster to the judge that sees it.
"""

import json
import resource
import statistics
import threading
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from typing import Any

from kubernetes import client, watch

from bench.replay import Recording, played, spawning
from pipeline.spec import KubernetesTarget
from tests.e2e.cluster_app import namespace
from tests.integration.kubernetes.app import NEXT, App, make_images
from tests.waiting import wait_until
from worker.goal import Goal, goal_of
from worker.memory import Memory
from worker.observation import Observation
from worker.reading import read_deployment
from worker.rollout import judge
from worker.tools.kubernetes_target.api import Api, configuration
from worker.tools.kubernetes_target.deployment import KubernetesDeployment
from worker.tools.kubernetes_target.follow import follow
from worker.tools.kubernetes_target.view import View
from worker.verdict import State, Verdict

EVENTS, MANY, ROUNDS, WRITES = 2000, 3000, 3, 300
PAUSE = 0.002
LAST = "last"
NOBODY_S = {"spec": {"strategy": {"type": "Recreate", "rollingUpdate": None}, "template": {"spec": {"schedulerName": "nobody"}}}}
FOREVER = 3600.0

Seen = Callable[[Observation], bool]


def deployment(api: Api, space: str, name: str) -> KubernetesDeployment:
    place = {"kind": "kubernetes", "context": "any", "namespace": space, "deployment": name, "container": "web"}
    return KubernetesDeployment(api, KubernetesTarget.model_validate(place))


def until(wanted: Seen) -> Callable[[Observation, Goal, Memory, float], Verdict]:
    """The real judge, until what is wanted is seen."""

    def asked(seen: Observation, goal: Goal, memory: Memory, now: float) -> Verdict:
        verdict = judge(seen, goal, memory, now)
        return Verdict(State.ROLLED_OUT, "") if wanted(seen) else verdict

    return asked


def goal(raw: Any) -> Goal:
    return replace(goal_of(read_deployment(raw), "r1", time.monotonic() + FOREVER), run=read_deployment(raw).run)


def record(app: App) -> Recording:
    """A rollout of three pods, as the cluster tells it."""
    app.create_ready(replicas=3)
    api, path = Api(lambda: configuration(app.context)), f"/api/v1/namespaces/{app.namespace}/pods"
    version = api.get(path)["metadata"]["resourceVersion"]
    app.kubectl("set", "image", f"deployment/{app.name}", f"web={NEXT}")
    listed = {kind: json.loads(app.kubectl("get", kind, "-o", "json"))["items"] for kind in ("deployments", "replicasets", "pods")}
    app.kubectl("rollout", "status", f"deployment/{app.name}", "--timeout=120s")
    with api.stream(path, {"watch": "1", "resourceVersion": version, "timeoutSeconds": "1"}, 5) as response:
        events = b"".join(response.stream()).splitlines(keepends=True)
    return Recording(listed, events)


def local(port: int) -> client.Configuration:
    made = client.Configuration()
    made.host = f"http://127.0.0.1:{port}"
    return made


def ours(recording: Recording, pause: float) -> tuple[float, float]:
    """CPU seconds for each event, and the MiB by which the process has grown at its largest."""
    raw, before = recording.listed["deployments"][0], resident()
    with (
        played(recording, pause) as (port, go),
        deployment(Api(lambda: local(port)), "any", raw["metadata"]["name"]).watch(raw) as following,
    ):
        view = View(following)
        view.open_eyes()
        began = time.process_time()
        go.set()
        follow(view, goal(raw), Memory(), until(lambda seen: seen.pods[-1].name == LAST), lambda _: None)
        return (time.process_time() - began) / len(recording.events), resident() - before


def typed(recording: Recording, pause: float) -> tuple[float, float]:
    """The same for the SDK, which only makes objects."""
    before = resident()
    with played(recording, pause) as (port, go):
        core, began = client.CoreV1Api(client.ApiClient(local(port))), time.process_time()
        go.set()
        for event in watch.Watch().stream(core.list_namespaced_pod, "any"):
            if event["object"].metadata.name == LAST:
                break
        return (time.process_time() - began) / len(recording.events), resident() - before


def resident() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def fresh(measure: Callable[[Recording, float], tuple[float, float]], recording: Recording, pause: float = 0.0) -> tuple[float, float]:
    """In a process of its own."""
    with ProcessPoolExecutor(1, spawning) as pool:
        return pool.submit(measure, recording, pause).result()


def cost(recorded: Recording) -> None:
    for name, pods, pause in (("3 pods, a burst", 3, 0.0), ("3 pods, one by one", 3, PAUSE), (f"{MANY} pods, a burst", MANY, 0.0)):
        recording = recorded.longer(pods, EVENTS, LAST)
        rounds = [(fresh(ours, recording, pause), fresh(typed, recording, pause)) for _ in range(ROUNDS)]
        mine, theirs = (statistics.median(found[side][0] for found in rounds) * 1000 for side in (0, 1))
        grown, size = max(found[0][1] for found in rounds), statistics.mean(map(len, recording.events))
        print(f"{name}, {size:.0f} bytes an event, +{grown:.0f} MiB:")
        print(f"    CPU an event: {mine:.3f} ms, typed {theirs:.3f} ms, ratio {mine / theirs:.2f}")


def unscheduled(space: str) -> tuple[App, str]:
    """A Deployment with one pod that no kubelet touches, and the pod's name."""
    app = App("unscheduled", space)
    app.create()
    app.kubectl("patch", f"deployment/{app.name}", "-p", json.dumps(NOBODY_S))
    wait_until(lambda: [pod["spec"]["schedulerName"] for pod in app.get("pods")] == ["nobody"], seconds=60)
    return app, app.get("pods")[0]["metadata"]["name"]


def latency(space: str) -> None:
    """From the moment a write to a pod's status is sent to the judge that sees it."""
    app, pod = unscheduled(space)
    api, sight, wanted = Api(lambda: configuration(app.context)), threading.Event(), [""]
    follows = deployment(api, space, app.name)
    raw = follows.read()

    def seen(now: Observation) -> bool:
        if any(found.message == wanted[0] for found in now.pods):
            sight.set()
        return wanted[0] == LAST

    with follows.watch(raw) as watching:
        view = View(watching)
        view.open_eyes()
        thread = threading.Thread(target=follow, args=(view, goal(raw), Memory(), until(seen), lambda _: None))
        thread.start()
        path = f"/api/v1/namespaces/{space}/pods/{pod}/status"
        took = [written(api, path, str(number), wanted, sight) for number in range(WRITES)]
        wanted[0] = LAST
        thread.join()
    cuts = statistics.quantiles(took, n=100)
    print(f"from a write to a pod's status to the judge, {WRITES} times: p50 {cuts[49] * 1000:.1f} ms, p95 {cuts[94] * 1000:.1f} ms")


def written(api: Api, path: str, message: str, wanted: list[str], sight: threading.Event) -> float:
    sight.clear()
    wanted[0] = message
    began = time.monotonic()
    api.patch(path, {"status": {"message": message}})
    sight.wait()
    return time.monotonic() - began


def main() -> None:
    make_images()
    with namespace() as space:
        cost(record(App("recorded", space)))
        latency(space)


if __name__ == "__main__":
    main()
