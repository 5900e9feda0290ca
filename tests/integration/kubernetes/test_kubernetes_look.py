"""Preflight against a scripted API server and a scripted registry: what a healthy cluster does not do on demand."""

import json
from typing import Any

import pytest

from pipeline.errors import StepFailed, ToolError
from pipeline.spec import KubernetesTarget as Place
from tests.integration.kubernetes.fake_api import Asked, FakeApi, Said, serving, status
from tests.integration.test_registry import registry
from tests.unit.steps import RUN
from worker.finding import Finding, Severity
from worker.tools.kubernetes_target import KubernetesTarget
from worker.tools.kubernetes_target.permissions import NEEDED

PLACE = Place.model_validate({"kind": "kubernetes", "context": "c", "namespace": "ml", "deployment": "iris", "container": "web"})
DEPLOYMENT: dict[str, Any] = {
    "metadata": {"name": "iris", "namespace": "ml", "uid": "u", "resourceVersion": "1"},
    "spec": {"selector": {"matchLabels": {"app": "iris"}}, "template": {"spec": {"containers": [{"name": "web", "image": "iris:old"}]}}},
}
FORBIDDEN = status(403, 'selfsubjectaccessreviews is forbidden: User "u" cannot create resource "selfsubjectaccessreviews"')
REFUSED = status(403, 'admission webhook "images.test" denied the request: not signed')


def said(body: Any) -> Said:
    return Said(200, json.dumps(body).encode())


def answering(patched: Said | None = None, review: Said | None = None, pod: Any = None) -> Any:
    """All is well, but for what is given."""

    def answer(asked: Asked) -> Said:
        if asked.method == "PATCH":
            assert asked.query["dryRun"] == "All"
            return patched or said(DEPLOYMENT)
        if asked.path.endswith("selfsubjectaccessreviews"):
            return review or said({"status": {"allowed": True}})
        if asked.path.endswith("services/iris"):
            return said({"spec": {"ports": [{"port": 80}]}})
        if asked.path.endswith(("pods", "replicasets")):
            return said({"items": [pod or {"spec": {}}]})
        return said(DEPLOYMENT)

    return answer


def found(fake: FakeApi, image: str = "iris:new") -> list[Finding]:
    return list(KubernetesTarget("iris", PLACE, lambda _: fake.connect()).preflight(image, RUN))


def of(findings: list[Finding], words: str) -> Severity | None:
    return next((finding.severity for finding in findings if words in finding.said), None)


def test_it_takes_a_handful_of_requests_beside_one_for_each_permission() -> None:
    with serving(answering()) as fake:
        found(fake)
        others = [asked for asked in fake.asked if not asked.path.endswith("selfsubjectaccessreviews")]
    assert len(fake.asked) - len(others) == len(NEEDED)
    assert [asked.method for asked in others] == ["GET", "GET", "GET", "PATCH"]


def test_where_permissions_cannot_be_asked_it_goes_on_and_says_so() -> None:
    with serving(answering(review=FORBIDDEN)) as fake:
        assert of(found(fake), "permit create on selfsubjectaccessreviews") is Severity.WARNING
        assert fake.asked[-1].method == "PATCH"


def test_a_server_in_trouble_is_no_missing_permission() -> None:
    with serving(answering(review=status(503, "busy"))) as fake, pytest.raises(ToolError, match="busy") as caught:
        found(fake)
    assert caught.value.transient


def test_a_webhook_that_cannot_be_asked_dry_is_a_warning() -> None:
    with serving(answering(status(400, 'admission webhook "w" does not support dry run'))) as fake:
        assert of(found(fake), "the change cannot be rehearsed") is Severity.WARNING


@pytest.mark.parametrize("refusal", [REFUSED, status(422, "ValidatingAdmissionPolicy 'p' with binding 'b' denied request: not signed")])
def test_what_admission_refuses_is_the_release_s_fault(refusal: Said) -> None:
    with serving(answering(refusal)) as fake, pytest.raises(StepFailed, match=r"does not admit this release .*: .*not signed"):
        found(fake)


@pytest.mark.parametrize("answer", [status(500, 'failed calling webhook "w"'), status(409, "the object has been modified")])
def test_a_webhook_that_is_down_and_a_race_are_the_machinery_s(answer: Said) -> None:
    with serving(answering(answer)) as fake, pytest.raises(ToolError) as caught:
        found(fake)
    assert caught.value.transient


SECRETS = {"spec": {"imagePullSecrets": [{"name": "registry"}]}}


@pytest.mark.parametrize(
    ("manifest", "pod", "severity"),
    [(200, None, None), (404, None, Severity.ERROR), (401, None, Severity.WARNING), (404, SECRETS, None), (401, SECRETS, None)],
)
def test_an_image_is_looked_for_as_a_node_without_an_account_would(manifest: int, pod: Any, severity: Severity | None) -> None:
    with serving(answering(pod=pod)) as fake, registry(manifest) as reference:
        assert of(found(fake, reference), reference) is severity


def test_a_registry_that_only_the_nodes_reach_is_a_warning() -> None:
    with registry(200) as reference:
        pass
    with serving(answering()) as fake:
        assert of(found(fake, reference), "the nodes may see more of it") is Severity.WARNING
