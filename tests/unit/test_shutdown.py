"""Reading from a pod's spec how long its end takes."""

from typing import Any

import pytest

from worker.shutdown import read_shutdown


def waits(hook: Any) -> float | None:
    return read_shutdown({}, {"lifecycle": {"preStop": hook}}).pre_stop


@pytest.mark.parametrize(
    ("hook", "seconds"),
    [
        ({"sleep": {"seconds": 7}}, 7.0),
        ({"exec": {"command": ["sleep", "5"]}}, 5.0),
        ({"exec": {"command": ["/bin/sleep", "2.5"]}}, 2.5),
        ({"exec": {"command": ["sh", "-c", "sleep 5s"]}}, 5.0),
        ({"exec": {"command": ["sh", "-c", "sleep 3; nginx -s quit; sleep 4"]}}, 7.0),
        ({"exec": {"command": ["sleep", "1m"]}}, 60.0),
        ({"exec": {"command": ["python", "-c", "import time; time.sleep(5)"]}}, 5.0),
        ({"exec": {"command": ["/drain.sh"]}}, None),
        ({"httpGet": {"path": "/drain", "port": 80}}, None),
        (None, 0.0),
    ],
)
def test_what_a_hook_waits_is_read_from_it(hook: Any, seconds: float | None) -> None:
    assert waits(hook) == seconds


@pytest.mark.parametrize(
    ("container", "seconds", "known"),
    [
        ({}, 30.0, False),
        ({"command": ["gunicorn", "--graceful-timeout", "15", "server:app"]}, 15.0, True),
        ({"args": ["--graceful-timeout=20"]}, 20.0, True),
        ({"command": ["sh", "-c", "exec gunicorn --graceful-timeout 25 server:app"]}, 25.0, True),
        ({"env": [{"name": "GUNICORN_CMD_ARGS", "value": "--threads 8 --graceful-timeout=10"}]}, 10.0, True),
        ({"args": ["--graceful-timeout=20"], "env": [{"name": "GUNICORN_CMD_ARGS", "value": "--graceful-timeout=10"}]}, 20.0, True),
        ({"env": [{"name": "GUNICORN_CMD_ARGS", "valueFrom": {"configMapKeyRef": {}}}]}, 30.0, False),
        ({"command": ["uvicorn", "--timeout-graceful-shutdown", "12", "app:app"]}, 12.0, True),
    ],
)
def test_how_long_requests_are_finished_is_read_from_arguments_and_environment(container: Any, seconds: float, known: bool) -> None:
    found = read_shutdown({}, container)
    assert (found.graceful, found.known) == (seconds, known)


@pytest.mark.parametrize(
    ("pod", "seconds"), [({}, 30.0), ({"terminationGracePeriodSeconds": 0}, 0.0), ({"terminationGracePeriodSeconds": 60}, 60.0)]
)
def test_the_grace_period_is_30_seconds_unless_told(pod: Any, seconds: float) -> None:
    assert read_shutdown(pod, {}).grace == seconds


def test_the_least_grace_holds_the_wait_the_requests_and_5_seconds_more() -> None:
    assert read_shutdown({}, {"lifecycle": {"preStop": {"sleep": {"seconds": 5}}}}).least == 5 + 30 + 5
