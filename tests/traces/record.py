"""Record traces from a real cluster.

    python -m tests.traces.record CONTEXT [SCENARIO ...]

The context must be the kubeconfig's current one and its nodes must run the images of the local Docker engine. Several scenarios are played
at a time; each in a namespace of its own, which is removed.
"""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial

from pipeline.errors import PushrailError
from tests.integration.kubernetes.app import App, Lines, context, kubectl
from tests.scenarios import images
from tests.scenarios.scenario import Scenario
from tests.scenarios.stage import push, staged
from tests.scenarios.table import SCENARIOS
from tests.traces.replay import as_read, replay
from tests.traces.trace import DEPLOYMENTS, KINDS, PODS, REPLICA_SETS, Event, cut, write
from worker.observation import RUN
from worker.tools.kubernetes_target.api import Api, configuration
from worker.tools.kubernetes_target.news import Changed, Listed, News, Source
from worker.tools.kubernetes_target.watch import Watch

KIND_PATHS = {DEPLOYMENTS: "/apis/apps/v1", REPLICA_SETS: "/apis/apps/v1", PODS: "/api/v1"}
AT_A_TIME = 3
AFTERWARDS = 2.0
"""Seconds to go on after the verdict: what other rules make of it must not hang on where this one stopped."""


def record(scenario: Scenario) -> str:
    """Play one scenario and write its trace; returns what was said last."""
    log = Lines()
    with staged(scenario) as (app, good), watching(app.namespace) as watch, ThreadPoolExecutor(1) as other:
        seen = [_next(watch, 10) for _ in range(3)]
        seen += _until(watch, other.submit(_push, app, scenario, good, log))
    events = list(_since_the_patch(list(_events(seen)), f"r{len(scenario.earlier) + 1}"))
    verdict, seconds = replay(scenario, [as_read(event) for event in events])
    write(scenario.name, {"kubernetes": _version(), "verdict": round(seconds, 3)}, events)
    return f"{scenario.name}: {verdict.state} at {seconds:.3f} s: {verdict.reason}; the target said: {log.lines[-1]}"


def watching(namespace: str) -> Watch:
    """What the target watches, as it is written to a trace."""
    sources = {kind: Source(f"{KIND_PATHS[kind]}/namespaces/{namespace}/{kind}", {}, partial(cut, kind)) for kind in KINDS}
    return Watch(Api(partial(configuration, context())), sources)


def _version() -> str:
    return str(json.loads(kubectl("version", "-o", "json"))["serverVersion"]["gitVersion"])


def _push(app: App, scenario: Scenario, good: str, log: Lines) -> None:
    try:
        push(app, scenario, good, log)
    except PushrailError as error:
        log(str(error))


def _until(watch: Watch, pushed: "Future[None]") -> Iterator[tuple[float, News | None]]:
    ends = None
    while ends is None or time.monotonic() < ends:
        yield _next(watch, 0.1)
        if ends is None and pushed.done():
            pushed.result()
            ends = time.monotonic() + AFTERWARDS


def _next(watch: Watch, seconds: float) -> tuple[float, News | None]:
    news = watch.next(seconds)
    return time.monotonic(), news


def _events(seen: list[tuple[float, News | None]]) -> Iterator[Event]:
    """Lists become the changes they tell of."""
    known: dict[str, set[str]] = {}
    for moment, news in seen:
        if isinstance(news, Listed):
            yield from (Event(moment, news.kind, uid, None) for uid in known.get(news.kind, set()) - set(news.objects))
            yield from (Event(moment, news.kind, uid, found) for uid, found in news.objects.items())
            known[news.kind] = set(news.objects)
        elif isinstance(news, Changed):
            others = known.get(news.kind, set()) - {news.uid}
            known[news.kind] = others if news.object is None else others | {news.uid}
            yield Event(moment, news.kind, news.uid, news.object)


def _since_the_patch(events: list[Event], run: str) -> Iterator[Event]:
    patched = next(event.seconds for event in events if _is_patched(event, run))
    return (Event(event.seconds - patched, event.kind, event.uid, event.object) for event in events)


def _is_patched(event: Event, run: str) -> bool:
    return bool(event.kind == DEPLOYMENTS and event.object and event.object["metadata"].get("annotations", {}).get(RUN) == run)


def main(wanted: str, *names: str) -> None:
    if context() != wanted:
        sys.exit(f"the current context is {context()}, not {wanted}; run: kubectl config use-context {wanted}")
    images.make()
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        for said in pool.map(_recorded, [scenario for scenario in SCENARIOS if not names or scenario.name in names]):
            print(said, flush=True)


def _recorded(scenario: Scenario) -> str:
    try:
        return record(scenario)
    except (PushrailError, AssertionError, subprocess.CalledProcessError) as error:
        return f"{scenario.name}: not recorded: {error}"


if __name__ == "__main__":
    main(*sys.argv[1:])
