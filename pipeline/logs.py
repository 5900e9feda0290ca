"""What a process tells on stderr, and how much of it."""

import logging

from pipeline.settings import log_level


def begin(process: str) -> None:
    """Log as ``process``; raises SettingsError when ``PUSHRAIL_LOG_LEVEL`` is none.

    What no line tells is not found out for each: its thread and its place in the code. gunicorn's own lines tell the process.
    https://docs.python.org/3/howto/logging.html#optimization
    """
    logging.logThreads = logging.logMultiprocessing = False
    logging._srcfile = None
    logging.basicConfig(level=log_level(), format=f"%(asctime)s {process} %(levelname)s %(message)s")
