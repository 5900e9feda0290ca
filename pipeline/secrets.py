"""What opens the hook server: webhook secrets, API tokens and the dashboard's password, as the environment and its files have them now."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from pipeline.errors import SettingsError
from pipeline.settings import API_TOKEN, PASSWORD, Settings
from pipeline.spec import Spec

NOBODY_S = secrets.token_hex(32)
"""Stands in for a secret that is lost: it opens nothing, and is the same in every process forked from this one, as sessions must be."""


@dataclass(frozen=True, slots=True)
class Secrets:
    """Never shown.

    Args:
        webhook: by app, in the order of its ``secret_env``.
        lost: by app, the variables whose secret was there at start and is not now. A value that nobody knows stands in for each, so
            that it opens nothing and the others keep their places.
    """

    webhook: Mapping[str, tuple[str, ...]] = field(repr=False)
    api_tokens: tuple[str, ...] = field(repr=False)
    dashboard_password: str = field(repr=False)
    lost: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def read(settings: Settings, spec: Spec) -> Secrets:
    """All of them; raises SettingsError when one is empty, not set or short."""
    return Secrets(settings.webhook_secrets(spec), settings.api_tokens(), settings.dashboard_password())


def reread(settings: Settings, spec: Spec) -> tuple[Secrets, tuple[str, ...]]:
    """All that are there while the server runs, and what is wrong with the others."""
    wrong: dict[str, str] = {}

    def found(name: str, read: Callable[[], str]) -> str:
        try:
            return read()
        except SettingsError as error:
            wrong[name] = str(error)
            return NOBODY_S

    webhook = {
        app.name: tuple(found(name, partial(settings.webhook_secret, name)) for name in app.source.secret_env) for app in spec.apps.values()
    }
    tokens = found(API_TOKEN, lambda: ",".join(settings.api_tokens())).split(",")
    password = found(PASSWORD, settings.dashboard_password)
    lost = {name: names for name, app in spec.apps.items() if (names := tuple(env for env in app.source.secret_env if env in wrong))}
    return Secrets(webhook, tuple(tokens), password, lost), tuple(wrong.values())


def files(settings: Settings, spec: Spec) -> frozenset[Path]:
    """The files that secrets are read from."""
    names = {API_TOKEN, PASSWORD, *(name for app in spec.apps.values() for name in app.source.secret_env)}
    return frozenset(file for name in names if (file := settings.file(name)))
