"""One Deployment on one API server: read, listed with what it owns, changed only under guard, watched. Knows nothing of releases."""

import time
from collections.abc import Callable
from http import HTTPStatus

from pipeline.errors import ToolError
from pipeline.spec import KubernetesTarget
from worker.observation import Observation, Raw
from worker.reading import read_deployment, read_pod, read_replica_set
from worker.tools.kubernetes_target.api import Api
from worker.tools.kubernetes_target.news import Source
from worker.tools.kubernetes_target.release import DeployPatch, RestorePatch, selector_text
from worker.tools.kubernetes_target.reply import ApiRefused
from worker.tools.kubernetes_target.view import DEPLOYMENTS, PODS, REPLICA_SETS
from worker.tools.kubernetes_target.watch import Watch

FIELD_MANAGER = "pushrail"
TRIES = 6
FIRST_PAUSE = 0.02
"""Seconds before the second try, twice as many before each next: the controller writes the status of a young Deployment in bursts."""

NO_LOG = ("unable to retrieve container logs for ", "failed to try resolving symlinks in path ")
"""How a kubelet begins what it sends, with status 200, in place of the log of a container that it has just removed."""

OVERTAKEN = (HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY)
"""A stale resourceVersion is 409 in a merge patch; a failed ``test`` of a JSON patch, or another uid, is 422."""

MakePatch = Callable[[Raw], DeployPatch | RestorePatch]


class KubernetesDeployment:
    """Where the spec says it is; ``str`` of it is for people."""

    def __init__(self, api: Api, place: KubernetesTarget) -> None:
        self._api = api
        self._name = place.first
        self._namespace = place.namespace
        self._apps = f"/apis/apps/v1/namespaces/{place.namespace}"
        self._path = f"{self._apps}/deployments/{place.first}"
        self._pods = f"/api/v1/namespaces/{place.namespace}/pods"
        self._events = f"/api/v1/namespaces/{place.namespace}/events"

    def __str__(self) -> str:
        return f"deployment/{self._name} -n {self._namespace}"

    def find(self) -> Raw | None:
        """The Deployment's JSON, or None when there is none."""
        try:
            found: Raw = self._api.get(self._path)
        except ApiRefused as error:
            if error.status != HTTPStatus.NOT_FOUND:
                raise
            return None
        return found

    def read(self) -> Raw:
        """The Deployment's JSON; ToolError when there is none."""
        found = self.find()
        if found is None:
            raise ToolError(
                "kubernetes", f"there is no {self}; create it once, by kubectl apply or target.create, or correct target in pipeline.yaml"
            )
        return found

    def change(self, make: MakePatch, tries: int = TRIES, *, rehearsal: bool = False) -> tuple[Raw, Raw]:
        """Patch what is there now; read and make the patch again when somebody else was faster.

        Args:
            make: from the Deployment as read to a patch that carries its own precondition; may raise to refuse.
            rehearsal: let the API server do all but store it (``dryRun=All``), admission control included.

        Returns:
            The Deployment before and after.

        Raises:
            ToolError: it kept changing, or the API server refuses the patch.
        """
        before = self.read()
        query = {"fieldManager": FIELD_MANAGER, **({"dryRun": "All"} if rehearsal else {})}
        try:
            return before, self._api.patch(self._path, make(before), query)
        except ApiRefused as error:
            if error.status not in OVERTAKEN or tries == 1:
                raise
        time.sleep(FIRST_PAUSE * 2 ** (TRIES - tries))
        return self.change(make, tries - 1, rehearsal=rehearsal)

    def owned(self, deployment: Raw) -> tuple[list[Raw], list[Raw]]:
        """The ReplicaSets and the pods its selector finds."""
        query = {"labelSelector": selector_text(deployment["spec"]["selector"])}
        return self._api.get(f"{self._apps}/replicasets", query)["items"], self._api.get(self._pods, query)["items"]

    def observe(self, deployment: Raw) -> Observation:
        """All of it, once."""
        sets, pods = self.owned(deployment)
        return Observation(read_deployment(deployment), tuple(map(read_replica_set, sets)), tuple(map(read_pod, pods)))

    def watch(self, deployment: Raw) -> Watch:
        """Follow it and what it owns."""
        chosen = {"labelSelector": selector_text(deployment["spec"]["selector"])}
        return Watch(
            self._api,
            {
                DEPLOYMENTS: Source(f"{self._apps}/deployments", {"fieldSelector": f"metadata.name={self._name}"}, read_deployment),
                REPLICA_SETS: Source(f"{self._apps}/replicasets", chosen, read_replica_set),
                PODS: Source(self._pods, chosen, read_pod),
            },
        )

    def log_lines(self, pod: str, container: str, lines: int, *, previous: bool) -> list[str]:
        """The last lines of a container, or of the one that ran before it; none when they cannot be had."""
        query = {"container": container, "tailLines": str(lines), **({"previous": "true"} if previous else {})}
        try:
            text = self._api.text(f"{self._pods}/{pod}/log", query)
        except ToolError:
            return []
        return [] if text.startswith(NO_LOG) else text.splitlines()

    def events(self, pod: str) -> list[Raw]:
        """What has happened to a pod; none when it cannot be had."""
        try:
            found: list[Raw] = self._api.get(self._events, {"fieldSelector": f"involvedObject.kind=Pod,involvedObject.name={pod}"})["items"]
        except ToolError:
            return []
        return found
