"""A pytest plugin: everything logs at DEBUG, here and in every process that a test starts, and a secret in any of it fails the session.

What is logged here is looked at as it comes; the ``*.log`` files below the session's temporary folder at its end.
"""

import logging
import os
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.leaks import Leak, leaks
from tests.secret import HIDDEN


class Watch(logging.Handler):
    """Looks at every record of this process; ``folder`` is where the others leave their logs."""

    folder: Path | None = None

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.found: dict[Leak, None] = {}  # each once, in order

    def emit(self, record: logging.LogRecord) -> None:
        if record.name == "urllib3.connectionpool":  # the client of the tests, which puts secrets where they do not belong on purpose
            return
        said = self.format(record)
        self.add(leaks(f"{record.pathname}:{record.lineno} in {os.environ.get('PYTEST_CURRENT_TEST', 'no test')}", said, HIDDEN))

    def add(self, found: Iterable[Leak]) -> None:
        self.found |= dict.fromkeys(found)

    def look_into_files(self) -> None:
        for path in sorted(self.folder.rglob("*.log")) if self.folder else ():
            if path.is_file():
                self.add(leaks(str(path), path.read_text("utf-8", "replace"), HIDDEN))


_KEY = pytest.StashKey[Watch]()


def pytest_configure(config: pytest.Config) -> None:
    watch = config.stash[_KEY] = Watch()
    root = logging.getLogger()
    root.addHandler(watch)
    root.setLevel(logging.DEBUG)
    os.environ["PUSHRAIL_LOG_LEVEL"] = "DEBUG"


@pytest.fixture(scope="session", autouse=True)
def _log_folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> None:
    request.config.stash[_KEY].folder = tmp_path_factory.getbasetemp()


def pytest_sessionfinish(session: pytest.Session) -> None:
    watch = session.config.stash[_KEY]
    watch.look_into_files()
    if watch.found:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    found = config.stash[_KEY].found
    if found:
        terminalreporter.section("secrets in logs", red=True)
        for leak in found:
            terminalreporter.line(str(leak))
