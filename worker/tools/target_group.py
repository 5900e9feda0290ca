"""Several targets that run one image: a service and its batch worker, say. Changed one after the other, held at once, restored together."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import replace
from threading import Event

from pipeline.errors import StepFailed, StepSkipped, ToolError
from pipeline.model import Run
from worker.finding import Finding
from worker.tool import Answer, Log, Target


class TargetGroup:
    """The ``Target`` protocol over others; its template is theirs by name, as one JSON text.

    Args:
        targets: by name, in the order they are changed; the first answers requests.
    """

    def __init__(self, targets: Mapping[str, Target]) -> None:
        self._targets = dict(targets)

    def preflight(self, image: str | None, run: Run | None) -> Iterator[Finding]:
        """See ``Target``. All of them are looked at before the first is changed."""
        for name, target in self._targets.items():
            for finding in target.preflight(image, run):
                yield replace(finding, said=f"{name}: {finding.said}")

    def snapshot(self) -> str | None:
        """See ``Target``. None when one of them has none: a half of a release is nothing to go back to."""
        found = {name: target.snapshot() for name, target in self._targets.items()}
        return None if None in found.values() else json.dumps(found)

    def rollout(self, image: str, run: Run, seconds: float, log: Log) -> Mapping[str, str]:
        """See ``Target``. Ends with the first that is bad; those after it are not changed then."""
        end = time.monotonic() + seconds
        return _joined({name: target.rollout(image, run, end - time.monotonic(), log) for name, target in self._targets.items()})

    def hold(self, image: str, run: Run, seconds: float, log: Log) -> str:
        """See ``Target``. All at the same time, or a crash of one while another is watched would go unseen; the first to fail ends it."""
        over = Event()

        def held(name: str, target: Target) -> str:
            return target.hold(image, run, seconds, lambda line: None if over.is_set() else log(f"{name}: {line}"))

        pool = ThreadPoolExecutor(len(self._targets))
        try:
            holding = {name: pool.submit(held, name, target) for name, target in self._targets.items()}
            for future in wait(holding.values(), return_when=FIRST_EXCEPTION).done:
                future.result()
        finally:
            over.set()
            pool.shutdown(wait=False)
        return json.dumps({name: future.result() for name, future in holding.items()})

    def request(self, path: str, body: bytes | None, seconds: float) -> Answer:
        """See ``Target``."""
        return next(iter(self._targets.values())).request(path, body, seconds)

    def restore(self, template: str, run: Run, seconds: float, log: Log) -> Mapping[str, str]:
        """See ``Target``. One that cannot be restored keeps none of the others from it; what went wrong is raised at the end."""
        kept = json.loads(template)
        if set(kept) != set(self._targets):
            told = f"the release that was kept is not one of {' and '.join(self._targets)}; verify a release of them first"
            raise ToolError("target", f"{told}, or put target in pipeline.yaml back")
        return self._all(seconds, log, lambda name, target, share: target.restore(kept[name], run, share, log))

    def retire(self, run: Run, log: Log, *, stop: bool) -> Mapping[str, str]:
        """See ``Target``."""
        return self._all(0.0, log, lambda name, target, share: target.retire(run, log, stop=stop))

    def in_use(self) -> frozenset[str]:
        """See ``Target``."""
        return frozenset[str]().union(*(target.in_use() for target in self._targets.values()))

    def _all(self, seconds: float, log: Log, act: Callable[[str, Target, float], Mapping[str, str]]) -> Mapping[str, str]:
        """Do it to each, whatever becomes of the others; each gets a fair share of the time that is left."""
        end = time.monotonic() + seconds
        done: dict[str, Mapping[str, str]] = {}
        others: list[Exception] = []
        for position, (name, target) in enumerate(self._targets.items()):
            try:
                done[name] = act(name, target, (end - time.monotonic()) / (len(self._targets) - position))
            except (StepFailed, StepSkipped, ToolError) as said:
                others.append(said)
                log(f"{name}: {said}")
        failed = [said for said in others if not isinstance(said, StepSkipped)]
        if failed or not done:
            raise (failed or others)[0]
        return _joined(done)


def _joined(parts: Mapping[str, Mapping[str, str]]) -> Mapping[str, str]:
    """One record of all: what is the same stands once, what differs by name; changed when one of them is."""
    keys = dict.fromkeys(key for outputs in parts.values() for key in outputs)
    joined = {key: _told({name: outputs[key] for name, outputs in parts.items() if key in outputs}) for key in keys}
    return {**joined, "changed": "yes"} if any(outputs.get("changed") == "yes" for outputs in parts.values()) else joined


def _told(values: Mapping[str, str]) -> str:
    same = set(values.values())
    return same.pop() if len(same) == 1 else ", ".join(f"{name} {value}" for name, value in values.items())
