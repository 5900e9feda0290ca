"""The API token and the dashboard password of an installation that was given none: made once, kept in the data folder."""

import json
import secrets
from collections.abc import Mapping
from pathlib import Path

from cli import private_file
from pipeline.errors import SettingsError
from pipeline.settings import API_TOKEN, LEAST_BYTES, PASSWORD

NAMES = (API_TOKEN, PASSWORD)


def generated(data_dir: Path) -> Mapping[str, str]:
    """Read ``credentials.json`` (mode 0600), making it first if it is not there.

    Returns:
        A value for each of the two variables, for those that the environment does not set.

    Raises:
        SettingsError: the file is there and unreadable.
    """
    there = kept(data_dir)
    good = {name: there[name] for name in NAMES if len(there.get(name, "")) >= LEAST_BYTES}
    if len(good) < len(NAMES):  # none yet, or shorter ones of an earlier version
        private_file.write(_path(data_dir), json.dumps({name: secrets.token_urlsafe(LEAST_BYTES) for name in NAMES} | good, indent=2))
    return kept(data_dir)


def kept(data_dir: Path) -> Mapping[str, str]:
    """What ``generated`` made there before, if it did; raises like it."""
    path = _path(data_dir)
    if not path.exists():
        return {}
    try:
        return {name: str(value) for name, value in json.loads(path.read_text("utf-8")).items()}
    except (ValueError, AttributeError, OSError) as error:
        raise SettingsError(f"{path} cannot be read as JSON; mend it, or remove it to have new credentials made") from error


def _path(data_dir: Path) -> Path:
    return data_dir / "credentials.json"
