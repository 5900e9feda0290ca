"""What a process tells on stderr, and how much of it."""

import logging

from pipeline.settings import log_level


def begin(process: str) -> None:
    """Log as ``process``; raises SettingsError when ``PUSHRAIL_LOG_LEVEL`` is none."""
    logging.basicConfig(level=log_level(), format=f"%(asctime)s {process} %(levelname)s %(message)s")
