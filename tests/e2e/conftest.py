"""Where the tiny app of a module comes from and where it serves; a hook server and a browser that looks at it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, sync_playwright

from tests import realistic_runs
from tests.e2e.installation import Repository, free_port
from tests.hook import settings
from tests.served import served

CHROMIUM = "/usr/bin/chromium"
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"]
QUIET += ["--disable-background-networking", "--disable-component-update"]


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    return Repository(tmp_path_factory.mktemp("git") / "acme" / "tiny")


@pytest.fixture(scope="module")
def port() -> int:
    return free_port()


@pytest.fixture
def address(redis_url: str, tmp_path: Path) -> Iterator[str]:
    with served(settings(redis_url), realistic_runs.SPEC_TEXT, tmp_path) as (address, _):
        yield address


@pytest.fixture
def page() -> Iterator[Page]:
    """A page on which any error of a script or of the content policy fails the test."""
    wrong: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        page = browser.new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda message: wrong.append(message.text) if "Content Security Policy" in message.text else None)
        yield page
        browser.close()
    assert wrong == []
