"""An app on a real cluster for every test that asks for one."""

from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from uuid import uuid4

import pytest

from tests.integration.kubernetes.app import App, kubectl, make_images
from tests.integration.kubernetes.scenes import Scene, played, wanted


@pytest.fixture(scope="session")
def namespace() -> Iterator[str]:
    """A namespace of this session's own; nobody waits for its end."""
    make_images()
    name = f"pushrail-test-{uuid4().hex[:8]}"
    kubectl("create", "namespace", name)
    yield name
    kubectl("delete", "namespace", name, "--wait=false")


@pytest.fixture(scope="module")
def outcomes(request: pytest.FixtureRequest, namespace: str) -> Iterator[Mapping[Scene, Future[None]]]:
    """Every scene of the module, under way at the same time."""
    with played(wanted(request), namespace) as futures:
        yield futures


@pytest.fixture
def app(namespace: str) -> Iterator[App]:
    """An app that has not been created yet."""
    made = App(f"iris-{uuid4().hex[:6]}", namespace)
    yield made
    made.kubectl("delete", "deployment,service", "-l", f"app={made.name}", "--wait=false")
