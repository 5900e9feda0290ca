"""``pushrail doctor`` of an app on a real engine, a real registry and a real cluster."""

import os
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cli.main import main
from tests.integration.kubernetes.app import App
from tests.secret import secret

pytestmark = pytest.mark.cluster


def doctor(folder: Path, app: App, registry: str, redis_url: str, deployment: str) -> Result:
    subprocess.run(["git", "init", "-q", "-b", "main", folder / "acme/iris"], check=True)
    author = ["-c", "user.name=a", "-c", "user.email=a@b"]
    subprocess.run(["git", *author, "commit", "-q", "--allow-empty", "-m", "x"], cwd=folder / "acme/iris", check=True)
    (folder / "pipeline.yaml").write_text(
        "version: 1\napps:\n  iris:\n"
        f"    source: {{url: 'file://{folder}/acme/iris', secret_env: SECRET}}\n"
        f"    image: {{engine: docker, repository: '{registry}/{app.name}'}}\n"
        f"    target: {{kind: kubernetes, context: {app.context}, namespace: {app.namespace}, deployment: {deployment}, container: web}}\n"
    )
    words = ["doctor", "--config", str(folder / "pipeline.yaml"), "--data-dir", str(folder / "data"), "--redis", redis_url]
    return CliRunner().invoke(main, words, env={"SECRET": secret("s")})


def test_an_app_that_can_be_released_has_only_warnings(app: App, tmp_path: Path, redis_url: str) -> None:
    app.create()
    result = doctor(tmp_path, app, os.environ["TEST_REGISTRY"], redis_url, app.name)
    assert result.exit_code == 0
    assert "  ok       docker      engine " in result.stdout
    assert f"  ok       registry    {os.environ['TEST_REGISTRY']}/{app.name} can be asked" in result.stdout
    assert f"  ok       kubernetes  deployment/{app.name} -n {app.namespace} runs " in result.stdout
    assert "  warning  kubernetes  minReadySeconds is 0" in result.stdout


def test_what_would_stop_a_run_is_told_with_how_to_mend_it(app: App, tmp_path: Path, redis_url: str) -> None:
    result = doctor(tmp_path, app, "127.0.0.1:1", redis_url, "nobody")
    assert result.exit_code == 1
    errors = [line for line in result.stdout.splitlines() if line.startswith("  error")]
    assert [line[11:23].strip() for line in errors] == ["registry", "kubernetes"]
    assert f"see that it serves 127.0.0.1:1/{app.name} and lets the engine in" in errors[0]
    assert "there is no deployment/nobody" in errors[1]
