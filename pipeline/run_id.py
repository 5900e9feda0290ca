"""The name of a run."""

from datetime import UTC, datetime


def new_run_id(now: float, noise: str) -> str:
    """``YYYYMMDDHHMMSS-xxxxxx``: sorts by time, and RQ takes it as part of a job's id.

    Args:
        now: Unix seconds.
        noise: 6 random hex digits.
    """
    return f"{datetime.fromtimestamp(now, UTC):%Y%m%d%H%M%S}-{noise}"
