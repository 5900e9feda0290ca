"""An app that knows nothing of Pushrail, on real parts: engine, registry, Kubernetes, pods."""

from pathlib import Path
from typing import Any

import pytest
import requests

from tests.e2e.cluster_app import app_spec, apply, namespace, pushed
from tests.e2e.installation import Repository, installed

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(900)]

PLAIN = {
    "Dockerfile": """
FROM python:3.11-slim
RUN pip install --no-cache-dir flask==3.1.3
COPY app.py .
EXPOSE 5000
CMD ["sh", "-c", "python app.py train && python app.py serve"]
""",
    "app.py": """
import json, sys, time
from flask import Flask
if sys.argv[1] == "train":
    time.sleep(2)
    json.dump({"mean": 4.2}, open("/tmp/model.json", "w"))
else:
    app = Flask(__name__)
    app.get("/")(lambda: json.load(open("/tmp/model.json")))
    app.run("0.0.0.0", 5000)
""",
}


def plain_manifests() -> tuple[Any, Any]:
    labels = {"app": "iris"}
    probe = {"httpGet": {"path": "/", "port": 5000}, "periodSeconds": 1}
    container = {"name": "web", "image": "registry.example.com/plain:first", "ports": [{"containerPort": 5000}], "readinessProbe": probe}
    pod = {"metadata": {"labels": labels}, "spec": {"containers": [container], "terminationGracePeriodSeconds": 2}}
    deployment = {"replicas": 1, "selector": {"matchLabels": labels}, "template": pod}
    service = {"selector": labels, "ports": [{"port": 80, "targetPort": 5000}]}
    return (
        {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "iris", "labels": labels}, "spec": deployment},
        {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "iris", "labels": labels}, "spec": service},
    )


def test_an_app_with_a_plain_dockerfile_goes_live_unmodified(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "git" / "acme" / "plain")
    with namespace() as where:
        url = apply(where, *plain_manifests())
        spec = {key: value for key, value in app_spec(str(repository.folder), where).items() if key not in ("train", "evaluate")}
        with installed(tmp_path / "service", {"plain": spec}) as service:
            run = pushed(service, repository, PLAIN, "A plain app")
            assert run["status"] == "succeeded", service.log(run["id"])
            assert requests.get(url, timeout=5).json() == {"mean": 4.2}
            for step in ("retrain", "evaluate"):
                assert service.step(run, step)["status"] == "skipped"
                assert service.step(run, step)["reason"] != ""
