"""What is found out on a real cluster before anything is changed."""

import os
from pathlib import Path

import pytest

from pipeline.errors import StepFailed, ToolError
from tests.integration.kubernetes.app import GOOD, NEXT, App, run
from tests.integration.kubernetes.webhook import refusing
from tests.waiting import wait_until
from worker.finding import Finding, Severity

pytestmark = pytest.mark.cluster


def found(app: App, image: str | None = NEXT, **changed: str) -> list[Finding]:
    return list(app.target(**changed).preflight(image, run(1) if image else None))


def worse(findings: list[Finding]) -> list[tuple[Severity, str]]:
    return [(finding.severity, finding.said) for finding in findings if finding.severity is not Severity.GOOD]


def test_what_an_admission_webhook_refuses_is_known_before_anything_is_changed(app: App, tmp_path: Path) -> None:
    app.create()
    before = app.get()
    with refusing(app, tmp_path, "only signed images here"):
        wait_until(lambda: refused(app))
        with pytest.raises(StepFailed, match=r"does not admit this release .*, nothing was changed: .*only signed images here"):
            found(app)
    assert app.get()["spec"] == before["spec"]
    assert app.get()["metadata"]["annotations"] == before["metadata"]["annotations"]


def refused(app: App) -> bool:
    """The API server takes a moment to know of a webhook."""
    try:
        found(app)
    except StepFailed:
        return True
    return False


def test_a_good_deployment_is_looked_at_and_left_as_it_is(app: App) -> None:
    app.create_ready(drain_seconds=5)
    before = app.get()
    said = found(app)
    assert said[0].said == f"deployment/{app.name} -n {app.namespace} runs {GOOD}; all that is needed there is permitted"
    assert [line.partition(":")[0] for _, line in worse(said)] == [
        "minReadySeconds is 0",
        "terminationGracePeriodSeconds is 7, less than preStop 5 + graceful timeout 30 + 5",
    ]
    assert app.get()["metadata"]["resourceVersion"] == before["metadata"]["resourceVersion"]


def test_an_image_that_the_registry_does_not_have_is_an_error(app: App) -> None:
    app.create()
    missing = f"{os.environ['TEST_REGISTRY']}/nowhere@sha256:{'0' * 64}"
    assert (Severity.ERROR, f"it has no {missing}; push it again: replay the run, or see what deletes images there") in worse(
        found(app, missing)
    )


def test_a_missing_service_is_a_warning_for_not_every_model_brings_predictions(app: App) -> None:
    app.create()
    said = [
        line for severity, line in worse(found(app, service="elsewhere")) if "Service elsewhere" in line and severity is Severity.WARNING
    ]
    assert len(said) == 1


@pytest.mark.parametrize(
    ("command", "advice"),
    [
        (("rollout", "pause", "deployment/{}"), "is paused; run: kubectl rollout resume"),
        (("scale", "deployment/{}", "--replicas=0"), "is scaled to 0 replicas"),
        (("delete", "deployment/{}"), "there is no deployment/"),
    ],
)
@pytest.mark.parametrize("image", [NEXT, None])
def test_a_deployment_in_no_state_for_it_is_an_error_for_a_rollout_and_for_the_doctor(
    app: App, command: tuple[str, ...], advice: str, image: str | None
) -> None:
    app.create()
    app.kubectl(*(word.format(app.name) for word in command))
    with pytest.raises(ToolError, match=advice):
        found(app, image)
