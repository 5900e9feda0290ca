"""Where the tiny app of a module comes from and where it serves."""

import pytest

from tests.e2e.installation import Repository, free_port


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    return Repository(tmp_path_factory.mktemp("git") / "acme" / "tiny")


@pytest.fixture(scope="module")
def port() -> int:
    return free_port()
