"""One trained model for all tests, and a client of a server that serves it."""

import json
import shutil
from pathlib import Path

import pytest
from flask.testing import FlaskClient

import dataset
import train
from server import create_app


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model folder nobody writes into."""
    folder = tmp_path_factory.mktemp("trained") / "model"
    train.train(folder, json.loads(train.PARAMS.read_bytes()), dataset.read())
    return folder


@pytest.fixture
def folder(trained: Path, tmp_path: Path) -> Path:
    """A model folder to spoil."""
    return Path(shutil.copytree(trained, tmp_path / "model"))


@pytest.fixture
def client(trained: Path) -> FlaskClient:
    return create_app(trained).test_client()
