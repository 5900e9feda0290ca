"""Where this process's files, Redis and secrets are. The only one who reads or sets the environment."""

import logging
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

from pipeline import signing_token
from pipeline.errors import SettingsError
from pipeline.exposure import insecure
from pipeline.spec import Spec

API_TOKEN, PASSWORD = "PUSHRAIL_API_TOKEN", "PUSHRAIL_DASHBOARD_PASSWORD"
LEAST_BYTES = 32
"""Of a webhook secret and of an API token: as many as HMAC-SHA256 makes use of (RFC 2104, 3)."""

LEAST_PASSWORD = 12
"""Characters; a guess costs seconds, see ``hook_server.logins``."""

_LEAST = 8
"""Characters a single line of a longer secret must have to be left out of a log too; shorter ones stand in innocent text."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Read once at start and handed down.

    Args:
        config: the ``pipeline.yaml``.
        data_dir: mirrors, workspaces, local logs and, embedded, images and Redis.
        redis_url: may hold a password; never shown.
        environment: all variables, for the secrets that ``pipeline.yaml`` names; never shown.
    """

    config: Path
    data_dir: Path
    redis_url: str = field(repr=False)
    environment: Mapping[str, str] = field(repr=False)

    @classmethod
    def from_env(
        cls,
        config: Path | None = None,
        data_dir: Path | None = None,
        redis_url: str | None = None,
        extra: Mapping[str, str] | None = None,
    ) -> "Settings":
        """Read ``PUSHRAIL_CONFIG``, ``PUSHRAIL_DATA_DIR`` and ``PUSHRAIL_REDIS_URL``; an argument beats its variable, a blank one is none.

        ``extra`` stands in for variables that are set neither themselves nor as a file's path.

        Raises:
            SettingsError: the Redis URL is none.
        """
        env = {**{name: value for name, value in (extra or {}).items() if f"{name}_FILE" not in os.environ}, **os.environ}
        return cls(
            config=(config or Path(env.get("PUSHRAIL_CONFIG") or "pipeline.yaml")).resolve(),
            data_dir=(data_dir or Path(env.get("PUSHRAIL_DATA_DIR") or ".pushrail")).resolve(),
            redis_url=_redis_url(redis_url or env.get("PUSHRAIL_REDIS_URL") or "redis://127.0.0.1:6379/0"),
            environment=env,
        )

    @property
    def url(self) -> str:
        """Where people reach the dashboard, without a slash at its end: ``PUSHRAIL_URL``; empty when it is not told."""
        address = self.environment.get("PUSHRAIL_URL", "").strip().rstrip("/")
        return address if address.startswith(("http://", "https://")) else ""

    def secret(self, name: str) -> str:
        """The value of the variable ``name``, or the content of the file that ``name_FILE`` names (how container secrets are mounted).

        Raises:
            SettingsError: neither is set, or what is there is blank.
        """
        value = self.environment.get(name, "").strip()
        if not value and (file := self.environment.get(f"{name}_FILE")):
            value = _read(name, Path(file))
        if not value:
            raise SettingsError(
                f"{name} is empty or not set; put the secret in the environment as {name}, or its file's path as {name}_FILE"
            )
        return value

    def file(self, name: str) -> Path | None:
        """The file that the secret is read from; None where the variable itself holds it, or nothing does."""
        file = self.environment.get(f"{name}_FILE")
        return Path(file) if file and not self.environment.get(name, "").strip() else None

    def names(self, name: str) -> bool:
        """Whether the variable, or its file, is set at all."""
        return bool(self.environment.get(name, "").strip() or self.file(name))

    def webhook_secret(self, name: str) -> str:
        """Like ``secret``; raises SettingsError for one of less than 32 bytes, too, and for half a signing token."""
        value = self._long(name, self.secret(name))
        if value.startswith(signing_token.PREFIX) and not signing_token.key(value):
            raise SettingsError(f"{name} begins like a signing token and is none that can be used; copy all of it, from whsec_ to its end")
        return value

    def webhook_secrets(self, spec: Spec) -> dict[str, tuple[str, ...]]:
        """The secrets that may sign each app's deliveries, by app name.

        Raises:
            SettingsError: one of them is empty, not set or short.
        """
        return {name: tuple(self.webhook_secret(env) for env in app.source.secret_env) for name, app in spec.apps.items()}

    def api_tokens(self) -> tuple[str, ...]:
        """Bearer tokens of ``/api/v1``: ``PUSHRAIL_API_TOKEN``, several separated by commas while one is being replaced.

        Raises:
            SettingsError: there is none, or one of them has less than 32 bytes.
        """
        if tokens := _separated(self.secret(API_TOKEN)):
            return tuple(self._long(API_TOKEN, token) for token in tokens)
        raise SettingsError(f"{API_TOKEN} holds commas and no token")

    def api_token(self) -> str:
        """The first of them, of any length: for a client, which only sends it."""
        return next(iter(_separated(self.secret(API_TOKEN))), "")

    def dashboard_password(self) -> str:
        """Raises SettingsError when there is none, or one of less than 12 characters."""
        password = self.secret(PASSWORD)
        if len(password) < LEAST_PASSWORD and not insecure(self.environment):
            raise SettingsError(f"{PASSWORD} has {len(password)} characters; it must have {LEAST_PASSWORD} or more")
        return password

    def _long(self, name: str, value: str) -> str:
        if (size := len(value.encode())) < LEAST_BYTES and not insecure(self.environment):
            raise SettingsError(f"{name} has {size} bytes; it must have {LEAST_BYTES} or more, such as `openssl rand -hex 32` makes")
        return value

    def hidden(self, spec: Spec) -> tuple[str, ...]:
        """Every secret value this process can see, in each form it may be printed in, for a log to leave out; longest first."""
        named = {name for app in spec.apps.values() for name in (*app.source.secret_env, *app.secret_names)}
        values = {value for name in (*named, API_TOKEN, PASSWORD) for value in self._visible(name)}
        values |= {unquote(urlsplit(self.redis_url).password or "")}
        return tuple(sorted({form for value in values for form in _forms(value)}, key=lambda form: (-len(form), form)))

    def _visible(self, name: str) -> tuple[str, ...]:
        try:
            value = self.secret(name)
        except SettingsError:  # what this process cannot read it cannot print
            return ()
        return (value, *_separated(value)) if name == API_TOKEN else (value,)


def export(name: str, value: str) -> None:
    """Set a variable of this process and of those it starts, for a library that is told in no other way."""
    os.environ[name] = value


def log_level() -> int:
    """How much processes tell: ``PUSHRAIL_LOG_LEVEL``, INFO unless it is set.

    Raises:
        SettingsError: it is none of DEBUG, INFO, WARNING and ERROR.
    """
    name = os.environ.get("PUSHRAIL_LOG_LEVEL", "").strip().upper() or "INFO"
    if name not in ("DEBUG", "INFO", "WARNING", "ERROR"):
        raise SettingsError("PUSHRAIL_LOG_LEVEL must be DEBUG, INFO, WARNING or ERROR")
    return logging.getLevelNamesMapping()[name]


def _separated(value: str) -> tuple[str, ...]:
    return tuple(token.strip() for token in value.split(",") if token.strip())


def _forms(value: str) -> Iterator[str]:
    lines = [line.strip() for line in value.splitlines()]
    for text in (value, *(line for line in lines if len(line) >= _LEAST)):
        if text:
            yield from (text, quote(text, safe=""))


def _redis_url(url: str) -> str:
    try:
        good = urlsplit(url).scheme in ("redis", "rediss", "unix") and urlsplit(url).port != 0
    except ValueError:  # its port is no number; the error would repeat the URL, which may hold a password
        good = False
    if not good:
        raise SettingsError("the Redis URL must be redis://HOST:PORT/0, rediss:// or unix://; give it as --redis or PUSHRAIL_REDIS_URL")
    return url


def _read(name: str, path: Path) -> str:
    try:
        return path.read_text("utf-8").strip()
    except OSError as error:
        raise SettingsError(f"{name}_FILE names {path}, which cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"{name}_FILE names {path}, which is not UTF-8 text") from error
