"""The whole story on real parts: engine, registry, Kubernetes, pods, load through the Service."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
import requests
import yaml

from tests.e2e.cluster_app import STEPS, Load, app_spec, apply, edited, kubectl, namespace, pushed, template_manifests, template_repository
from tests.e2e.installation import Installation, Repository, installed

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(900)]
SETOSA = {"instances": [{"sepal_length": 5.1, "sepal_width": 3.5, "petal_length": 1.4, "petal_width": 0.2}]}
GOOD, WRONG = "for name in features] for", "for name in sorted(features)] for"


@dataclass
class Story:
    """One service, one app on the cluster, and its runs by name as they come."""

    service: Installation
    repository: Repository
    namespace: str
    url: str
    runs: dict[str, dict[str, Any]]

    def push(self, name: str, *edit: str) -> dict[str, Any]:
        files = edited(self.repository, *edit) if edit else {}
        self.runs[name] = pushed(self.service, self.repository, files, name)
        return self.runs[name]

    def told(self, name: str) -> str:
        return self.service.log(self.runs[name]["id"])

    def model(self) -> Any:
        """The digest of the model that answers now."""
        answer = requests.post(f"{self.url}/api/predict", json=SETOSA, timeout=10)
        assert answer.status_code == 200, answer.text
        return answer.json()["model"]

    def steps(self, *steps: Any) -> None:
        """Let the worker read other steps from now on; the operator's edit of pipeline.yaml."""
        path = self.service.folder / "pipeline.yaml"
        spec = yaml.safe_load(path.read_text())
        spec["apps"]["iris"]["steps"] = list(steps)
        path.write_text(yaml.safe_dump(spec))


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    repository = template_repository(tmp_path_factory.mktemp("git") / "acme" / "iris")
    with namespace() as where:
        url = apply(where, *template_manifests())
        with installed(tmp_path_factory.mktemp("service"), {"iris": app_spec(str(repository.folder), where)}) as service:
            yield Story(service, repository, where, url, {})


@pytest.fixture(scope="module")
def load(story: Story) -> Iterator[Load]:
    """Asks from the first release to the end of the module."""
    story.push("first")
    load = Load(f"{story.url}/api/predict", SETOSA)
    with load.going_on():
        yield load


def seconds_from_patch_to_restored(story: Story, run: dict[str, Any]) -> float:
    return float(story.service.step(run, "rollback")["finished_at"] - story.service.step(run, "rollout")["started_at"])


def test_the_first_release_goes_live(story: Story, load: Load) -> None:
    assert story.runs["first"]["status"] == "succeeded", story.told("first")
    assert story.service.step(story.runs["first"], "tag")["outputs"]["image"].startswith(f"{os.environ['TEST_REGISTRY']}/")


def test_a_changed_model_goes_live_by_rolling_update(story: Story, load: Load) -> None:
    before = story.model()
    run = story.push("better", "params.json", '"C": 1.0,', '"C": 10.0,')
    assert run["status"] == "succeeded", story.told("better")
    assert story.model() != before


def test_a_release_that_never_gets_ready_is_rolled_back(story: Story, load: Load) -> None:
    story.steps(*STEPS[:6], {"rollout": {"timeout": "12s"}}, *STEPS[7:])
    before = story.model()
    run = story.push("never ready", "instances.py", GOOD, WRONG)
    assert run["status"] == "rolled_back", story.told("never ready")
    assert "ready" in run["reason"]
    assert story.model() == before


def test_a_worse_model_is_rejected_before_it_is_built(story: Story, load: Load) -> None:
    story.steps(*STEPS)
    (story.repository.folder / "instances.py").write_text((story.repository.folder / "instances.py").read_text().replace(WRONG, GOOD))
    before = story.model()
    run = story.push("worse", "params.json", '"C": 10.0,', '"C": 0.0001,')
    assert (run["status"], story.service.step(run, "build")["status"]) == ("rejected", "skipped")
    assert story.model() == before


def test_a_replay_trains_and_builds_nothing_anew(story: Story, load: Load) -> None:
    said = story.service.api("POST", f"/runs/{story.runs['better']['id']}/replay").json()
    run = story.service.ended(said["id"], 120)
    assert run["status"] == "succeeded", story.service.log(said["id"])
    assert story.service.step(run, "retrain")["status"] == "skipped"
    assert story.service.step(run, "build")["outputs"]["reused"] == "yes"
    assert story.service.step(run, "rollout")["outputs"]["changed"] == "no"


def test_a_container_that_crashes_is_noticed_from_its_pods_and_undone_in_seconds(story: Story, load: Load) -> None:
    story.repository.commit(edited(story.repository, "params.json", '"C": 0.0001,', '"C": 10.0,'))
    before = story.model()
    run = story.push("crashes", "server.py", '"""', 'raise SystemExit("no model today")\n"""')
    assert run["status"] == "rolled_back", story.told("crashes")
    assert "no model today" in story.told("crashes")
    assert seconds_from_patch_to_restored(story, run) < 15
    assert story.model() == before


def test_an_image_that_cannot_be_pulled_is_noticed_from_its_pods_and_undone_in_seconds(story: Story, load: Load) -> None:
    story.repository.commit(edited(story.repository, "server.py", 'raise SystemExit("no model today")\n', ""))
    before = story.model()
    commit = story.repository.commit(edited(story.repository, "server.py", '"""', '"""Cannot be pulled. '))
    with no_new_pods():  # leaves the time to take the image out of the registry again
        run = story.service.push(story.repository.name, commit).json()["outcomes"][0]["run"]
        forget(going_out(story.service, run))
    ended = story.runs["cannot be pulled"] = story.service.ended(run, 120)
    assert ended["status"] == "rolled_back", story.told("cannot be pulled")
    assert "pull" in ended["reason"].lower()
    assert seconds_from_patch_to_restored(story, ended) < 15
    assert story.model() == before


@contextmanager
def no_new_pods() -> Iterator[None]:
    """No pod finds a node for the length of the block."""
    kubectl("cordon", "--selector", "kubernetes.io/os=linux")
    try:
        yield
    finally:
        kubectl("uncordon", "--selector", "kubernetes.io/os=linux")


def going_out(service: Installation, run: str) -> str:
    """The reference the run rolls out, once it does: before that, preflight would miss it in the registry."""
    offset, said = 0, ""
    while True:
        answer = service.api("GET", f"/runs/{run}/log?offset={offset}&wait=20")
        offset = int(answer.headers["X-Log-Offset"])
        said += answer.text
        if out := re.search(r"(\S+) goes to deployment/", said):
            return out[1]
        assert answer.headers["X-Run-Status"] in ("queued", "running"), service.log(run)


def forget(reference: str) -> None:
    """Delete an image's manifest from the registry."""
    repository, _, digest = reference.partition("@")
    host, _, name = repository.partition("/")
    assert requests.delete(f"http://{host}/v2/{name}/manifests/{digest}", timeout=10).status_code == 202


def test_a_person_goes_back_to_the_first_release(story: Story, load: Load) -> None:
    before = story.model()
    wish = {"release": story.runs["first"]["id"], "reason": "wrong prices", "by": "ada"}
    run = story.service.ended(story.service.api("POST", "/apps/iris/rollback", json=wish).json()["id"], 120)
    assert run["status"] == "succeeded", story.service.log(run["id"])
    assert story.model() != before
    live, left = story.service.releases("iris")[:2]
    assert (live["built_by"], left["withdrawn"]["by"], int(live["revision"]) > int(left["revision"])) == (wish["release"], "ada", True)


def test_no_request_failed_through_all_of_it(story: Story, load: Load) -> None:
    assert load.requests > 1000
    assert load.failures == []
