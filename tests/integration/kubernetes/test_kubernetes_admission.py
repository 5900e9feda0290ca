"""A Deployment that an admission webhook adds to: what a run left is still known as its own. Against a scripted API server."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from pipeline.errors import StepFailed, ToolError
from pipeline.spec import KubernetesTarget as Place
from tests.integration.kubernetes.app import Lines, run
from tests.integration.kubernetes.fake_api import Asked, Said, events, serving
from tests.unit.cluster_objects import deployment
from worker.tools.kubernetes_target import KubernetesTarget

PLACE = Place.model_validate({"kind": "kubernetes", "context": "c", "deployment": "iris", "container": "web"})
SIDECAR = {"name": "proxy", "image": "proxy:1"}


def made() -> dict[str, Any]:
    found = deployment(spec={"selector": {"matchLabels": {"app": "iris"}}}, observedGeneration=99)
    found["metadata"].update(name="iris", namespace="ml", resourceVersion="1", annotations={})
    return json.loads(json.dumps(found))


@dataclass
class Admission:
    """One Deployment; every patch of its template adds a sidecar, and after the answer to it ``afterwards`` happens."""

    found: dict[str, Any] = field(default_factory=made)
    afterwards: Callable[[Any], object] = lambda found: None

    def answer(self, asked: Asked) -> Said:
        if asked.method == "PATCH":
            return self._patched(json.loads(asked.body))
        if asked.path.endswith("/iris"):
            return Said(200, json.dumps(self.found).encode())
        if asked.watching:
            return events()  # it ends at once, and what changed meanwhile comes with the next list
        items = [self.found] if asked.path.endswith("/deployments") else []
        return Said(200, json.dumps({"metadata": {"resourceVersion": "7"}, "items": items}).encode())

    def _patched(self, patch: Any) -> Said:
        metadata, spec = self.found["metadata"], patch.get("spec", {})
        metadata["annotations"] |= patch["metadata"]["annotations"]
        metadata["generation"] += 1
        self.found["spec"]["replicas"] = spec.get("replicas", self.found["spec"]["replicas"])
        for container in spec.get("template", {}).get("spec", {}).get("containers", ()):
            self.found["spec"]["template"]["spec"]["containers"] = [container, SIDECAR]
        answer = json.dumps(self.found).encode()
        if "template" in spec:
            self.afterwards(self.found)
        return Said(200, answer)


@contextmanager
def admitted(admission: Admission) -> Iterator[KubernetesTarget]:
    with serving(admission.answer) as fake:
        yield KubernetesTarget("iris", PLACE, lambda context: fake.connect())


def test_template_that_a_webhook_added_to_is_still_this_run_s_to_undo() -> None:
    admission = Admission()
    with admitted(admission) as target:
        with pytest.raises(StepFailed, match="not ready in time"):
            target.rollout("iris:2", run(1), 0, Lines())
        assert target.retire(run(1), Lines(), stop=True) == {"image": "iris:2", "replicas": "0"}
    assert SIDECAR in admission.found["spec"]["template"]["spec"]["containers"]


def test_template_that_a_person_changed_in_that_moment_is_not_taken_for_our_own() -> None:
    def by_hand(found: Any) -> None:
        template = found["spec"]["template"]
        found["spec"]["template"] = {**template, "metadata": {"labels": {"app": "iris", "by": "hand"}}}

    with admitted(Admission(afterwards=by_hand)) as target, pytest.raises(ToolError, match="somebody else changed"):
        target.rollout("iris:2", run(1), 0, Lines())
