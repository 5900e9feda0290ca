"""Tests that mostly wait for the cluster, played at the same time: each a function that is given an app of its own."""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from uuid import uuid4

import pytest

from tests.integration.kubernetes.app import App

AT_ONCE = 6

Scene = Callable[[App], None]


def sentence(scene: Scene) -> str:
    """What a scene is called."""
    return scene.__name__


def wanted(request: pytest.FixtureRequest) -> list[Scene]:
    """The scenes of this module that were not deselected, from tests that take a ``scene``."""
    tests = (item for item in request.session.items if isinstance(item, pytest.Function) and item.module is request.module)
    return [test.callspec.params["scene"] for test in tests if hasattr(test, "callspec") and "scene" in test.callspec.params]


@contextmanager
def played(scenes: list[Scene], namespace: str) -> Iterator[Mapping[Scene, Future[None]]]:
    """What becomes of each."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield {scene: pool.submit(_play, scene, namespace) for scene in scenes}


def _play(scene: Scene, namespace: str) -> None:
    app = App(f"iris-{uuid4().hex[:6]}", namespace)
    try:
        scene(app)
    finally:
        app.kubectl("delete", "deployment,service", "-l", f"app={app.name}", "--wait=false")
