"""An app on a real cluster for every test that asks for one."""

from collections.abc import Iterator
from uuid import uuid4

import pytest

from tests.integration.kubernetes.app import App, kubectl, make_images


@pytest.fixture(scope="session")
def namespace() -> Iterator[str]:
    """A namespace of this session's own; nobody waits for its end."""
    make_images()
    name = f"pushrail-test-{uuid4().hex[:8]}"
    kubectl("create", "namespace", name)
    yield name
    kubectl("delete", "namespace", name, "--wait=false")


@pytest.fixture
def app(namespace: str) -> Iterator[App]:
    """An app that has not been created yet."""
    made = App(f"iris-{uuid4().hex[:6]}", namespace)
    yield made
    made.kubectl("delete", "deployment,service", "-l", f"app={made.name}", "--wait=false")
