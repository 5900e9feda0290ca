"""What a container is made of, and who may know it."""

from pathlib import Path

import pytest

from pipeline.errors import StepFailed
from tests.integration.docker_target.stage import DOCKERFILE, Stage, run
from tests.integration.gateway_process import ask
from tests.waiting import wait_until

pytestmark = pytest.mark.engine


def test_other_settings_for_the_same_image_are_another_release(stage: Stage) -> None:
    stage.rollout(stage.engine.image("v1"))
    stage.settings["env"] = {"COLOUR": "green"}
    assert stage.rollout(stage.engine.image("v1"), fence=2)["changed"] == "yes"
    assert stage.environment()["COLOUR"] == "green"


def test_a_folder_that_is_not_there_cannot_be_mounted(stage: Stage) -> None:
    stage.settings["volumes"] = {"/srv/no such folder": "/features"}
    with pytest.raises(StepFailed, match=r"cannot be started: .*/srv/no such folder"):
        stage.rollout(stage.engine.image("v1"))


def test_a_container_is_made_of_its_settings_and_bound(stage: Stage, tmp_path: Path) -> None:
    (tmp_path / "features.csv").write_text("1,2\n")
    stage.settings |= {"memory": "128m", "cpus": 0.5, "volumes": {str(tmp_path): "/features"}, "secret_env": ["FEATURE_STORE_TOKEN"]}
    stage.rollout(stage.engine.image("v1"))
    made = stage.engine.containers(stage.app)[0]
    host = made.attrs["HostConfig"]
    assert (host["Memory"], host["NanoCpus"], host["Privileged"]) == (128 * 2**20, 500_000_000, False)
    assert host["LogConfig"] == {"Type": "json-file", "Config": {"max-file": "3", "max-size": "10m"}}
    assert [(mount["Source"], mount["Destination"], mount["RW"]) for mount in made.attrs["Mounts"]] == [(str(tmp_path), "/features", False)]
    assert {bound["HostIp"] for bounds in made.ports.values() for bound in bounds} == {"127.0.0.1"}
    assert made.labels["io.pushrail.rollout"] == "run-1"
    assert (stage.environment()["PORT"], stage.environment()["FEATURE_STORE_TOKEN"]) == ("8000", "do-not-tell-anyone")


def test_containers_are_where_their_network_is(stage: Stage) -> None:
    name = f"pushrail-test-{stage.app}"
    network = stage.engine.client.networks.create(name)
    try:
        stage.settings["network"] = name
        stage.rollout(stage.engine.image("v1"))
        assert set(stage.engine.containers(stage.app)[0].attrs["NetworkSettings"]["Networks"]) == {name}
        assert ask(stage.port) == "v1"
        stage.target.retire(run(1), stage.said.append, stop=True)
        wait_until(lambda: stage.engine.containers(stage.app) == [])
    finally:
        network.remove()


def test_a_network_that_is_not_there_is_named(stage: Stage) -> None:
    stage.settings["network"] = "no-such-network"
    with pytest.raises(StepFailed, match=r"cannot be started: .*no-such-network"):
        stage.rollout(stage.engine.image("v1"))


def test_a_secret_stands_neither_in_the_template_nor_in_an_error(stage: Stage) -> None:
    stage.settings["secret_env"] = ["FEATURE_STORE_TOKEN"]
    stage.rollout(stage.engine.image("v1"))
    assert "do-not-tell" not in stage.snapshot()
    telling = DOCKERFILE.replace('["python", "-S", "app.py"]', '["sh", "-c", "echo using $FEATURE_STORE_TOKEN; exit 3"]')
    with pytest.raises(StepFailed, match=r"using \*\*\*"):
        stage.rollout(stage.engine.image("telling", telling), fence=2)


def test_a_secret_that_is_not_set_is_named(stage: Stage) -> None:
    stage.settings["secret_env"] = ["NOT_SET_ANYWHERE"]
    with pytest.raises(StepFailed, match="NOT_SET_ANYWHERE"):
        stage.rollout(stage.engine.image("v1"))
