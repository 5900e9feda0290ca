"""The target ``kubernetes``: a Deployment that somebody created once, whose pod template Pushrail changes, watches and puts back.

Rolling is Kubernetes' work; knowing early and for certain how it went is ours. The Role it needs in the namespace is ``deploy/role.yaml``.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial

from kubernetes.client import Configuration

from pipeline.errors import StepSkipped, ToolError
from pipeline.model import Run
from pipeline.spec import KubernetesTarget as Place
from worker.finding import Finding
from worker.goal import Goal, goal_of
from worker.memory import begin
from worker.observation import RUN, Raw
from worker.reading import read_deployment
from worker.soak import judge_soak
from worker.tool import Answer, Log
from worker.tools.kubernetes_target import guard, preflight, release
from worker.tools.kubernetes_target.api import Api, configuration
from worker.tools.kubernetes_target.changes import Changes, differ
from worker.tools.kubernetes_target.create.bring import bring, outdated, rehearse_around
from worker.tools.kubernetes_target.create.served import discover
from worker.tools.kubernetes_target.deployment import KubernetesDeployment, MakePatch
from worker.tools.kubernetes_target.outcome import conclude, held, watched
from worker.tools.kubernetes_target.service import KubernetesService
from worker.tools.kubernetes_target.view import View
from worker.verdict import State, Verdict


class KubernetesTarget:
    """One app's Deployment. Connects at its first call.

    Args:
        app: its name; a Deployment belongs to one app.
        place: where the Deployment is; the context ``in-cluster`` stands for the service account of the pod this runs in.
        connect: from the name of a context to how it is reached.
    """

    def __init__(self, app: str, place: Place, connect: Callable[[str], Configuration] = configuration) -> None:
        self._app, self._container, self._place = app, place.container, place
        self._api = api = Api(partial(connect, place.context))
        self._deployment, self._service = KubernetesDeployment(api, place), KubernetesService(api, place)
        self._changes = Changes(app, place)

    def preflight(self, image: str | None, run: Run | None) -> Iterator[Finding]:
        """See ``Target``. Raises Fenced when a newer attempt has written to the Deployment."""
        return preflight.look(self._api, self._place, image, self._rehearsal(image, run))

    def snapshot(self) -> str | None:
        """See ``Target``. None too when there is no Deployment or it is scaled to 0: nothing serves."""
        found = self._deployment.find()
        if found is None or release.annotation(found, release.BAD) or not self._deployment.observe(found).complete:
            return None
        return release.saved(found["spec"]["template"])

    def rollout(self, image: str, run: Run, seconds: float, log: Log) -> Mapping[str, str]:
        """See ``Target``. Raises Fenced when a newer attempt has written to the Deployment. Nothing changes before all can be watched."""
        deadline = time.monotonic() + seconds
        wanted = self._created(image, run, log) if self._place.create else None
        with self._watching() as view:
            memory = begin(view.now)
            before, after = self._change(partial(self._changes.deploy, image, run, wanted), run)
            changed = release.annotation(before, RUN) == run.id or _moved(before, after)
            if wanted and outdated(before, wanted):
                log("target.create has changed: the pod template is made anew from it; what was edited there by hand is gone")
            log(f"{image} {'goes to' if changed else 'is already on'} {self._deployment}")
            self._conclude(watched(self._deployment, view, _goal(after, run, deadline), memory, log), run, log)
        return self._outputs(image, run, changed)

    def hold(self, image: str, run: Run, seconds: float, log: Log) -> str:
        """See ``Target``."""
        with self._watching() as view:
            found, memory = self._deployment.read(), begin(view.now)
            guard.check_owner(found, self._app, run)
            if not guard.as_left(found, run):
                raise ToolError("kubernetes", f"somebody else has changed {self._deployment} since {image} was rolled out")
            goal = _goal(found, run, time.monotonic() + seconds)
            log(f"holding {self._deployment} for {seconds:g} s")
            soak = partial(judge_soak, replicas=found["spec"].get("replicas", 1))
            self._conclude(held(view, goal, memory, soak, log), run, log)
        return release.saved(found["spec"]["template"])

    def request(self, path: str, body: bytes | None, seconds: float) -> Answer:
        """See ``Target``."""
        return self._service.request(path, body, seconds)

    def restore(self, template: str, run: Run, seconds: float, log: Log) -> Mapping[str, str]:
        """See ``Target``. Raises Fenced like ``rollout``, and StepSkipped when what is there is not this run's to undo."""
        deadline = time.monotonic() + seconds
        saved = release.kept(template)
        image = release.image_of(saved, self._container)
        with self._watching() as view:
            memory = begin(view.now)
            before, after = self._change(partial(self._changes.put_back, saved, image, run), run)
            log(f"{image} goes back to {self._deployment}")
            self._conclude(watched(self._deployment, view, _goal(after, run, deadline), memory, log), run, log)
        return self._outputs(image, run, _moved(before, after))

    def retire(self, run: Run, log: Log, *, stop: bool) -> Mapping[str, str]:
        """See ``Target``. To stop is to scale to 0 replicas; the next rollout brings back as many as there were."""
        if self._deployment.find() is None:
            raise StepSkipped(f"there is no {self._deployment}: nothing was rolled out")
        _, found = self._deployment.change(partial(self._changes.retire, run, stop))
        log(f"{self._deployment} is {'scaled to 0 replicas' if stop else 'left as it is'}")
        image = release.image_of(found["spec"]["template"], self._container)
        return {"image": image, "replicas": str(found["spec"].get("replicas", 1))}

    def in_use(self) -> frozenset[str]:
        """See ``Target``."""
        found = self._deployment.find() if self._place.create else self._deployment.read()
        if found is None:
            return frozenset()
        sets, pods = self._deployment.owned(found)
        current = [found["spec"]["template"], *(owned["spec"]["template"] for owned in sets if owned["status"].get("replicas"))]
        return frozenset(name for pod in (*current, *pods) for name in release.images_in(pod))

    def _rehearsal(self, image: str | None, run: Run | None) -> Iterator[Finding]:
        """All of a rollout's changes, without their effect; of the doctor, who rolls out nothing, a change that is none."""
        change: MakePatch = self._changes.nothing
        if image and run:
            wanted = self._created(image, run, _unheard, rehearsal=True) if self._place.create else None
            change = partial(self._changes.deploy, image, run, wanted)
        elif self._place.create:
            rehearse_around(self._api, self._place, self._deployment.find(), {release.APP: self._app}, _unheard, discover(self._api))
        if self._place.create is None or self._deployment.find():
            yield from preflight.rehearsed(self._deployment, change)

    def _created(self, image: str, run: Run, log: Log, *, rehearsal: bool = False) -> Raw:
        found = self._deployment.find()
        if found is not None:
            guard.check_owner(found, self._app, run)
            guard.check_movable(found)
        return bring(self._api, self._place, found, image, release.marks(self._app, run, image), log, rehearsal=rehearsal)

    @contextmanager
    def _watching(self) -> Iterator[View]:
        with self._deployment.watch(self._deployment.read()) as watch:
            view = View(watch)
            view.open_eyes()
            yield view

    def _change(self, make: Callable[[Raw], release.DeployPatch | release.RestorePatch], run: Run) -> tuple[Raw, Raw]:
        """Patch, and see to it that the digest on the Deployment is that of the template the API server made of the patch."""
        before, after = self._deployment.change(make)
        if not guard.as_left(after, run):
            _, after = self._deployment.change(partial(self._changes.digest, after, run))
        return before, after

    def _conclude(self, verdict: Verdict, run: Run, log: Log) -> None:
        if verdict.state is State.SUPERSEDED:
            guard.check_owner(self._deployment.read(), self._app, run)  # Fenced when it was a newer attempt
        conclude(self._deployment, verdict, log)

    def _outputs(self, image: str, run: Run, changed: bool) -> Mapping[str, str]:
        """What a release came to, after its verdict; the revision only while it is this release's."""
        found = self._deployment.read()
        revision = {"revision": release.annotation(found, release.REVISION)} if guard.as_left(found, run) else {}
        replicas = str(found["spec"].get("replicas", 1))
        return {"changed": "yes" if changed else "no", "image": image, "replicas": replicas, **revision}


def _unheard(_line: str) -> None:
    """The log of a rehearsal: what it would say is said when it is done."""


def _goal(deployment: Raw, run: Run, deadline: float) -> Goal:
    return goal_of(read_deployment(deployment), run.id, deadline)


def _moved(before: Raw, after: Raw) -> bool:
    """Whether pods come or go for it; the generation does not tell, for a Deployment's grows with its annotations too."""
    return differ(before, after) or before["spec"].get("replicas") != after["spec"].get("replicas")
