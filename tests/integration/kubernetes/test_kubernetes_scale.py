"""``pushrail scale`` on a real cluster: every Deployment of an app, by the scale subresource, unless an autoscaler decides."""

from pathlib import Path
from uuid import uuid4

import pytest
from click.testing import CliRunner, Result

from cli.main import main
from tests.integration.kubernetes.app import DEAF, App
from tests.unit.spec_file import app as app_text
from tests.unit.spec_file import file

pytestmark = pytest.mark.cluster


def scale(folder: Path, app: App, replicas: int, deployment: str = "", more: str = "") -> Result:
    place = (
        f"kind: kubernetes, context: {app.context}, namespace: {app.namespace}, deployment: {deployment or app.name}, container: web{more}"
    )
    config = folder / "pipeline.yaml"
    config.write_text(file(app_text(image="{engine: docker}", target=f"{{{place}}}")))
    return CliRunner().invoke(main, ["scale", "--config", str(config), "iris", str(replicas)])


def test_before_and_after_are_told_and_nothing_but_the_number_changes(app: App, tmp_path: Path) -> None:
    app.create(image=DEAF)
    before = app.get()["spec"]
    result = scale(tmp_path, app, 3)
    assert (result.exit_code, result.stdout) == (0, f"deployment/{app.name} -n {app.namespace}: 1 → 3 replicas\n")
    assert app.get()["spec"] == {**before, "replicas": 3}


def test_every_deployment_of_the_app_is_scaled(app: App, tmp_path: Path) -> None:
    batch = App(f"{app.name}-{uuid4().hex[:4]}", app.namespace)
    for one in (app, batch):
        one.create(image=DEAF)
    result = scale(tmp_path, app, 0, f"[{app.name}, {batch.name}]")
    assert result.stdout.splitlines() == [f"deployment/{one.name} -n {app.namespace}: 1 → 0 replicas" for one in (app, batch)]
    assert [one.get()["spec"]["replicas"] for one in (app, batch)] == [0, 0]
    batch.kubectl("delete", "deployment,service", "-l", f"app={batch.name}", "--wait=false")


@pytest.mark.parametrize(
    ("more", "advice"),
    [
        ("", "change its minReplicas and maxReplicas"),
        (", create: {autoscale: {max: 3}}", "change min and max of target.create.autoscale in pipeline.yaml"),
    ],
)
def test_an_autoscaler_is_named_and_left_to_its_work(more: str, advice: str, app: App, tmp_path: Path) -> None:
    app.create(image=DEAF)
    app.kubectl("autoscale", f"deployment/{app.name}", "--max=3")
    result = scale(tmp_path, app, 2, more=more)
    app.kubectl("delete", "hpa", app.name, "--wait=false")
    assert result.exit_code == 1
    assert f"horizontalpodautoscaler/{app.name} decides how many replicas deployment/{app.name}" in result.stderr
    assert advice in result.stderr
    assert app.get()["spec"]["replicas"] == 1


def test_a_deployment_that_is_not_there_is_told_with_advice(app: App, tmp_path: Path) -> None:
    result = scale(tmp_path, app, 2)
    assert result.exit_code == 1
    assert f"there is no deployment/{app.name} -n {app.namespace} to scale; correct target in pipeline.yaml" in result.stderr
