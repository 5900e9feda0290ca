"""What a process tells: its own lines, and those of what it runs."""

import subprocess
import sys

_TELL = """
import logging
from gunicorn.glogging import Logger
from pipeline import logs
logs.begin("server")
logging.getLogger("ours").warning("one %s", "line")
logging.getLogger().handlers[0].setFormatter(logging.Formatter(Logger.error_fmt))
logging.getLogger("gunicorn").warning("another")
"""


def test_lines_of_ours_and_of_gunicorns_can_be_told() -> None:
    ours, gunicorns = subprocess.run([sys.executable, "-c", _TELL], capture_output=True, text=True, check=True).stderr.splitlines()
    assert ours.endswith(" server WARNING one line")
    assert gunicorns.endswith(" [WARNING] another")
