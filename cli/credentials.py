"""The API token and the dashboard password of an installation that was given none: made once, kept in the data folder."""

import json
import secrets
from collections.abc import Mapping
from pathlib import Path

NAMES = ("PUSHRAIL_API_TOKEN", "PUSHRAIL_DASHBOARD_PASSWORD")


def generated(data_dir: Path) -> Mapping[str, str]:
    """Read ``credentials.json`` (mode 0600), making it first if it is not there.

    Returns:
        A value for each of the two variables, for those that the environment does not set.
    """
    path = data_dir / "credentials.json"
    if not path.exists():
        data_dir.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(json.dumps({name: secrets.token_urlsafe(18) for name in NAMES}, indent=2))
    return {name: str(value) for name, value in json.loads(path.read_text()).items()}
