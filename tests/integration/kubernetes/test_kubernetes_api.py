"""Credentials that rotate, permissions that lack and patches that are overtaken: against a scripted API server."""

import json
from collections.abc import Callable
from itertools import count
from pathlib import Path
from threading import Barrier, Thread
from time import monotonic
from typing import Any

import pytest
from kubernetes.client import Configuration

from pipeline.errors import ToolError
from pipeline.spec import KubernetesTarget as Place
from tests.integration.kubernetes.fake_api import Asked, Said, events, listing, serving, status
from worker.tools.kubernetes_target.api import Api, configuration
from worker.tools.kubernetes_target.deployment import KubernetesDeployment
from worker.tools.kubernetes_target.reply import ApiRefused

FORBIDDEN = 'pods is forbidden: User "u" cannot watch resource "pods" in API group "" in the namespace "ml"'
PLACE = Place.model_validate({"kind": "kubernetes", "context": "c", "deployment": "iris", "container": "web"})


def only(token: str) -> Callable[[Asked], Said]:
    """A server that accepts this token alone."""
    return lambda asked: listing() if asked.token.lower().removeprefix("bearer ") == token else status(401, "Unauthorized")


def test_rotated_credentials_are_read_again() -> None:
    with serving(only("new"), ("old", "new")) as fake:
        Api(fake.connect).get("/pods")
        assert [asked.token for asked in fake.asked] == ["old", "new"]


def test_threads_that_are_refused_together_read_the_credentials_once() -> None:
    together = Barrier(3)

    def answer(asked: Asked) -> Said:
        if asked.token == "old":
            together.wait(5)
        return only("new")(asked)

    with serving(answer, ("old", "new", "wrong")) as fake:
        api = Api(fake.connect)
        threads = [Thread(target=api.get, args=("/pods",)) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(asked.token for asked in fake.asked) == ["new"] * 3 + ["old"] * 3


@pytest.mark.parametrize("source", ["token file", "exec plugin"])
def test_token_that_the_kubeconfig_fetches_is_fetched_again_when_it_has_rotated(
    source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = tmp_path / "token"
    token.write_text("old")
    user = {"tokenFile": str(token)} if source == "token file" else {"exec": exec_plugin(tmp_path, token)}
    with serving(lambda asked: only(token.read_text())(asked)) as fake:
        (tmp_path / "kubeconfig").write_text(json.dumps(kubeconfig(fake.url, user)))
        monkeypatch.setattr("kubernetes.config.kube_config.KUBE_CONFIG_DEFAULT_LOCATION", str(tmp_path / "kubeconfig"))
        api = Api(lambda: configuration("c"))
        api.get("/pods")
        token.write_text("new")
        api.get("/pods")
    assert [asked.token for asked in fake.asked] == ["Bearer old", "Bearer old", "Bearer new"]


def exec_plugin(folder: Path, token: Path) -> dict[str, str]:
    """One that says what is in the file ``token`` (client-go credential plugins)."""
    version = "client.authentication.k8s.io/v1beta1"
    said = json.dumps({"kind": "ExecCredential", "apiVersion": version, "status": {"token": "TOKEN"}})
    script = folder / "plugin"
    script.write_text(f"#!/bin/sh\nprintf '%s' '{said}' | sed s/TOKEN/$(cat {token})/\n")
    script.chmod(0o700)
    return {"apiVersion": version, "command": str(script)}


def kubeconfig(url: str, user: dict[str, Any]) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "c",
        "clusters": [{"name": "c", "cluster": {"server": url}}],
        "users": [{"name": "u", "user": user}],
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
    }


def test_bound_token_of_the_pod_is_read_again_when_it_has_rotated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, file, text in (("TOKEN", "token", "old"), ("CERT", "ca.crt", "no TLS here")):
        (tmp_path / file).write_text(text)
        monkeypatch.setattr(f"kubernetes.config.incluster_config.SERVICE_{name}_FILENAME", str(tmp_path / file))
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "127.0.0.1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "443")

    def connect() -> Configuration:
        made = configuration("in-cluster")
        made.host, made.refresh_api_key_hook = fake.url, None  # the SDK's own hook reads the file once a minute, and would put https back
        return made

    with serving(lambda asked: only((tmp_path / "token").read_text())(asked)) as fake:
        api = Api(connect)
        api.get("/pods")
        (tmp_path / "token").write_text("new")
        api.get("/pods")
    assert [asked.token for asked in fake.asked] == ["bearer old", "bearer old", "bearer new"]


def test_kubeconfig_that_is_half_written_is_refused_with_advice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "kubeconfig").write_text("users: [{name: u")
    monkeypatch.setattr("kubernetes.config.kube_config.KUBE_CONFIG_DEFAULT_LOCATION", str(tmp_path / "kubeconfig"))
    with pytest.raises(ToolError, match="context 'c' cannot be used"):
        configuration("c")


def test_credentials_that_stay_refused_are_an_error_with_advice() -> None:
    with serving(only("")) as fake, pytest.raises(ToolError, match="does not accept the credentials") as caught:
        Api(fake.connect).get("/pods")
    assert not caught.value.transient


def test_missing_permission_names_the_verb_and_the_resource() -> None:
    with (
        serving(lambda _: status(403, FORBIDDEN)) as fake,
        pytest.raises(ApiRefused, match="add verb 'watch' on 'pods' to the Role") as caught,
    ):
        Api(fake.connect).get("/pods")
    assert not caught.value.transient


@pytest.mark.parametrize("code", [429, 500, 503])
def test_server_in_trouble_is_worth_another_try_after_the_time_it_asks_for(code: int) -> None:
    with serving(lambda _: status(code, "busy", **{"Retry-After": "7"})) as fake, pytest.raises(ApiRefused, match="busy") as caught:
        Api(fake.connect).get("/pods")
    assert caught.value.transient
    assert caught.value.retry_after == 7


def test_server_that_is_not_there_is_worth_another_try() -> None:
    with serving(lambda _: listing()) as fake:
        api = Api(fake.connect)
    with pytest.raises(ToolError, match="cannot be reached") as caught:
        api.get("/pods")
    assert caught.value.transient


def test_stream_that_falls_silent_is_given_up() -> None:
    with serving(lambda _: events(seconds=10)) as fake:
        began = monotonic()
        with pytest.raises(ToolError), Api(fake.connect).stream("/pods", {}, 0.2) as response:
            list(response.stream())
        assert monotonic() - began < 5


@pytest.mark.parametrize("code", [409, 422])
def test_patch_overtaken_by_a_burst_of_writes_is_made_again_from_what_is_there_now(code: int) -> None:
    patches = count()

    def answer(asked: Asked) -> Said:
        return status(code, "the object has been modified") if asked.method == "PATCH" and next(patches) < 5 else Said(200, b"{}")

    with serving(answer) as fake:
        assert KubernetesDeployment(Api(fake.connect), PLACE).change(lambda _: {}) == ({}, {})
        assert [asked.method for asked in fake.asked] == ["GET", "PATCH"] * 6


def test_patch_refused_every_time_is_an_error_in_the_server_s_words() -> None:
    def answer(asked: Asked) -> Said:
        return status(422, "image is invalid") if asked.method == "PATCH" else Said(200, b"{}")

    with serving(answer) as fake, pytest.raises(ApiRefused, match="image is invalid"):
        KubernetesDeployment(Api(fake.connect), PLACE).change(lambda _: {})
