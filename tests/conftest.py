"""Which outside parts this machine has, and the fixtures every folder shares."""

import os
import shutil
import subprocess

import pytest


def _engine() -> bool:
    return shutil.which("docker") is not None and subprocess.run(["docker", "info"], capture_output=True).returncode == 0


def _cluster() -> bool:
    return bool(os.environ.get("KUBECONFIG") and os.environ.get("TEST_REGISTRY")) and _engine()


def _browser() -> bool:
    return shutil.which("chromium") is not None


PARTS = {
    "engine": (_engine, "no Docker engine answers"),
    "cluster": (_cluster, "no cluster: KUBECONFIG and TEST_REGISTRY are not set"),
    "browser": (_browser, "no chromium on PATH"),
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what needs an absent part, unless PUSHRAIL_REQUIRE promises that part."""
    required = os.environ.get("PUSHRAIL_REQUIRE", "").split(",")
    wanted = {name for item in items for name in PARTS if item.get_closest_marker(name)}
    absent = {name for name in wanted if name not in required and not PARTS[name][0]()}
    for item in items:
        for name in absent:
            if item.get_closest_marker(name):
                item.add_marker(pytest.mark.skip(reason=PARTS[name][1]))
