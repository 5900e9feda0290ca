"""The target ``kubernetes``: a Deployment that somebody created once, whose pod template Pushrail changes, watches and puts back.

Rolling is Kubernetes' work; knowing early and for certain how it went is ours. The Role it needs in the namespace: deployments get, list,
watch, patch; replicasets and pods get, list, watch; pods/log get; events list; services get; services/proxy get, create.
"""

import json
import math
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import NoReturn

from kubernetes.client import Configuration

from pipeline.errors import StepFailed, StepSkipped, ToolError
from pipeline.model import Run
from pipeline.spec import KubernetesTarget as Place
from worker.goal import Goal, goal_of
from worker.memory import Memory, begin
from worker.observation import RUN, Raw
from worker.pod_template import fingerprint
from worker.reading import read_deployment
from worker.rollout import judge
from worker.soak import judge_soak
from worker.tool import Answer, Log
from worker.tools.kubernetes_target import release
from worker.tools.kubernetes_target.api import Api, configuration
from worker.tools.kubernetes_target.deployment import KubernetesDeployment
from worker.tools.kubernetes_target.events import at_work, causes
from worker.tools.kubernetes_target.follow import follow
from worker.tools.kubernetes_target.service import KubernetesService
from worker.tools.kubernetes_target.view import View
from worker.trouble import Trouble
from worker.verdict import State, Verdict

LOG_LINES = 50


class KubernetesTarget:
    """One app's Deployment. Connects at its first call.

    Args:
        app: its name; a Deployment belongs to one app.
        place: where the Deployment is; the context ``in-cluster`` stands for the service account of the pod this runs in.
        connect: from the name of a context to how it is reached.
    """

    def __init__(self, app: str, place: Place, connect: Callable[[str], Configuration] = configuration) -> None:
        self._app, self._container = app, place.container
        api = Api(partial(connect, place.context))
        self._deployment, self._service = KubernetesDeployment(api, place), KubernetesService(api, place)

    def snapshot(self) -> str | None:
        """See ``Target``. None too when there is no Deployment or it is scaled to 0: nothing serves."""
        found = self._deployment.find()
        if found is None or not self._deployment.observe(found).complete:
            return None
        return release.saved(found["spec"]["template"])

    def rollout(self, image: str, run: Run, seconds: float, log: Log) -> Mapping[str, str]:
        """See ``Target``. Raises Fenced when a newer attempt has written to the Deployment. Nothing changes before all can be watched."""
        deadline = time.monotonic() + seconds
        with self._watching() as view:
            memory = begin(view.now)
            before, after = self._deployment.change(partial(self._deploy, image, run))
            changed = release.annotation(before, RUN) == run.id or _differ(before, after)
            log(f"{image} {'goes to' if changed else 'is already on'} {self._deployment}")
            self._conclude(self._watch_out(view, _goal(after, run, deadline), memory, log), run, log)
        return _outputs(after, image, changed)

    def hold(self, image: str, run: Run, seconds: float, log: Log) -> str:
        """See ``Target``."""
        with self._watching() as view:
            found, memory = self._deployment.read(), begin(view.now)
            release.check_owner(found, self._app, run)
            if release.image_of(found["spec"]["template"], self._container) != image:
                raise StepFailed(f"somebody has put another image than {image} into {self._deployment} meanwhile")
            goal = _goal(found, run, time.monotonic() + seconds)
            log(f"holding {self._deployment} for {seconds:g} s")
            soak = partial(judge_soak, replicas=found["spec"].get("replicas", 1))
            self._conclude(follow(view, goal, memory, soak, log), run, log)
        return release.saved(found["spec"]["template"])

    def request(self, path: str, body: bytes | None, seconds: float) -> Answer:
        """See ``Target``."""
        return self._service.request(path, body, seconds)

    def restore(self, template: str, run: Run, seconds: float, log: Log) -> Mapping[str, str]:
        """See ``Target``. Raises Fenced like ``rollout``, and StepSkipped when what is there is not this run's to undo."""
        deadline = time.monotonic() + seconds
        saved = json.loads(template)
        image = release.image_of(saved, self._container)
        with self._watching() as view:
            memory = begin(view.now)
            before, after = self._deployment.change(partial(self._put_back, saved, image, run))
            log(f"{image} goes back to {self._deployment}")
            self._conclude(self._watch_out(view, _goal(after, run, deadline), memory, log), run, log)
        return _outputs(after, image, _differ(before, after))

    def in_use(self) -> frozenset[str]:
        """See ``Target``."""
        found = self._deployment.read()
        sets, pods = self._deployment.owned(found)
        current = [found["spec"]["template"], *(owned["spec"]["template"] for owned in sets if owned["status"].get("replicas"))]
        return frozenset(name for pod in (*current, *pods) for name in release.images_in(pod))

    @contextmanager
    def _watching(self) -> Iterator[View]:
        with self._deployment.watch(self._deployment.read()) as watch:
            view = View(watch)
            view.open_eyes()
            yield view

    def _deploy(self, image: str, run: Run, found: Raw) -> release.DeployPatch:
        """Preflight, on the very version that is patched."""
        release.check_owner(found, self._app, run)
        release.image_of(found["spec"]["template"], self._container)
        self._check_movable(found)
        if found["spec"].get("replicas") == 0:
            raise ToolError("kubernetes", f"{self._deployment} is scaled to 0 replicas, so no release can be verified; scale it up")
        return release.deploy_patch(found, self._container, image, release.marks(self._app, run, image))

    def _put_back(self, saved: Raw, image: str, run: Run, found: Raw) -> release.RestorePatch:
        release.check_owner(found, self._app, run)
        if not release.left_by(run, found, self._container):
            raise StepSkipped(f"{self._deployment} is not as this run left it, so it is left alone")
        self._check_movable(found)
        return release.restore_patch(found, saved, release.marks_of_restore(self._app, run, image))

    def _check_movable(self, found: Raw) -> None:
        if found["spec"].get("paused"):
            raise ToolError("kubernetes", f"{self._deployment} is paused; run: kubectl rollout resume {self._deployment}")

    def _watch_out(self, view: View, goal: Goal, memory: Memory, log: Log) -> Verdict:
        """Follow a rollout to its end. A pod that is still being seen to when its grace is over has until the deadline."""
        verdict = follow(view, goal, memory, judge, log)
        pod = verdict.trouble.pod_name if verdict.trouble else ""
        if verdict.state is not State.STARVED or not pod or time.monotonic() >= goal.deadline or not at_work(self._deployment.events(pod)):
            return verdict
        log(f"waiting on for pod {pod}: its image is being pulled or a node is added for it")
        return follow(view, replace(goal, grace=math.inf), memory, judge, log)

    def _conclude(self, verdict: Verdict, run: Run, log: Log) -> None:
        log(f"{verdict.state}: {verdict.reason}")
        if verdict.state in (State.FAILED, State.STARVED):
            said = "\n".join([verdict.reason, *self._last_words(verdict.trouble, log)])
            raise StepFailed(said) if verdict.state is State.FAILED else ToolError("kubernetes", f"{self._deployment}: {said}")
        if verdict.state is not State.ROLLED_OUT:
            self._give_way(verdict, run)

    def _give_way(self, verdict: Verdict, run: Run) -> NoReturn:
        """Fenced when it was a newer attempt, else an error that a person reads."""
        if verdict.state is State.SUPERSEDED:
            release.check_owner(self._deployment.read(), self._app, run)
        raise ToolError("kubernetes", f"{self._deployment}: {verdict.reason}")

    def _last_words(self, trouble: Trouble | None, log: Log) -> list[str]:
        """What the cluster still knows of a pod in trouble: causes that its status does not tell, and the end of its log."""
        if trouble is None or not trouble.pod_name:
            return []
        lines = causes(self._deployment.events(trouble.pod_name))
        if trouble.container:
            lines += self._deployment.log_lines(trouble.pod_name, trouble.container, LOG_LINES, previous=trouble.previous)
        for line in lines:
            log(line)
        return lines


def _goal(deployment: Raw, run: Run, deadline: float) -> Goal:
    return goal_of(read_deployment(deployment), run.id, deadline)


def _differ(before: Raw, after: Raw) -> bool:
    return fingerprint(before["spec"]["template"]) != fingerprint(after["spec"]["template"])


def _outputs(deployment: Raw, image: str, changed: bool) -> Mapping[str, str]:
    return {"changed": "yes" if changed else "no", "image": image, "replicas": str(deployment["spec"].get("replicas", 1))}
