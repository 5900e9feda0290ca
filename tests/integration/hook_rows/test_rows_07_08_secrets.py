"""Rows 7 and 8: a secret is replaced while the server runs, or lost."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from hook_server.serve import serve
from pipeline.errors import SettingsError
from tests.hook import OLD_SECRET, ROSE_SECRET, SECRET, SPEC_TEXT, settings, signature
from tests.secret import secret
from tests.served import served
from tests.waiting import wait_until
from tests.wire import BODY, SIGNED, Server

NEW = secret("new")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where the server reads iris's newest secret from."""
    path = tmp_path / "mounted"
    path.write_text(SECRET + "\n")
    return path


@pytest.fixture
def server(redis_url: str, tmp_path: Path, file: Path) -> Iterator[Server]:
    with served(settings(redis_url, IRIS_SECRET="", IRIS_SECRET_FILE=str(file)), SPEC_TEXT, tmp_path) as started:
        yield started


def sent(server: Server, secret: str) -> int:
    return requests.post(f"{server[0]}/hooks/github", BODY, headers={**SIGNED, "X-Hub-Signature-256": signature(BODY, secret)}).status_code


def told(server: Server) -> list[str]:
    return list(requests.get(f"{server[0]}/readyz", timeout=5).json()["checks"]["secrets"])


def test_row_07_the_old_secret_counts_while_it_is_replaced_and_not_when_it_was_removed(server: Server, file: Path) -> None:
    assert (sent(server, OLD_SECRET), sent(server, SECRET), sent(server, NEW)) == (202, 200, 401)
    file.write_text(NEW)
    wait_until(lambda: sent(server, NEW) == 200)
    wait_until(lambda: sent(server, SECRET) == 401)
    assert sent(server, OLD_SECRET) == 200


def test_row_07_a_file_that_is_put_in_the_place_of_another_is_read(server: Server, file: Path) -> None:
    """As Kubernetes and every careful editor do."""
    other = file.with_name("other")
    other.write_text(NEW)
    other.rename(file)
    wait_until(lambda: sent(server, NEW) == 202)


@pytest.mark.parametrize("name", ["IRIS_SECRET", "IRIS_OLD_SECRET", "ROSE_SECRET", "PUSHRAIL_API_TOKEN", "PUSHRAIL_DASHBOARD_PASSWORD"])
@pytest.mark.parametrize("value", ["", "  ", "too short"])
def test_row_08_without_a_secret_no_process_is_started(name: str, value: str, tmp_path: Path) -> None:
    (tmp_path / "pipeline.yaml").write_text(SPEC_TEXT)
    given = settings("redis://127.0.0.1:1/0", **{name: value})
    with pytest.raises(SettingsError, match=name):
        serve(type(given)(tmp_path / "pipeline.yaml", tmp_path, given.redis_url, given.environment), "127.0.0.1", 0)


@pytest.mark.parametrize("lose", [lambda file: file.write_text(" \n"), os.unlink, lambda file: file.write_text("short")])
def test_row_08_a_delivery_that_a_lost_secret_may_have_signed_is_503(server: Server, file: Path, lose: object) -> None:
    assert callable(lose)
    assert told(server) == ["ok"]
    lose(file)
    wait_until(lambda: told(server) == ["iris: IRIS_SECRET is lost"])
    wait_until(lambda: sent(server, SECRET) == 503)
    assert (sent(server, NEW), sent(server, OLD_SECRET), sent(server, ROSE_SECRET)) == (503, 202, 200)
    file.write_text(NEW)
    wait_until(lambda: told(server) == ["ok"])
    wait_until(lambda: (sent(server, NEW), sent(server, SECRET)) == (200, 401))
