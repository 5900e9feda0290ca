"""Where this process's files, Redis and secrets are. The only reader of the environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.errors import SettingsError
from pipeline.spec import Spec


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
        """Read ``PUSHRAIL_CONFIG``, ``PUSHRAIL_DATA_DIR`` and ``PUSHRAIL_REDIS_URL``; an argument beats its variable.

        ``extra`` stands in for variables that are not set.
        """
        env = {**(extra or {}), **os.environ}
        return cls(
            config=(config or Path(env.get("PUSHRAIL_CONFIG", "pipeline.yaml"))).resolve(),
            data_dir=(data_dir or Path(env.get("PUSHRAIL_DATA_DIR", ".pushrail"))).resolve(),
            redis_url=redis_url or env.get("PUSHRAIL_REDIS_URL", "redis://127.0.0.1:6379/0"),
            environment=env,
        )

    def secret(self, name: str) -> str:
        """The value of the variable ``name``, or the content of the file that ``name_FILE`` names (how container secrets are mounted).

        Raises:
            SettingsError: neither is set, or what is there is blank.
        """
        value = self.environment.get(name, "")
        if not value and (file := self.environment.get(f"{name}_FILE")):
            value = _read(name, Path(file))
        if not value.strip():
            raise SettingsError(
                f"{name} is empty or not set; put the secret in the environment as {name}, or its file's path as {name}_FILE"
            )
        return value.strip()

    def webhook_secrets(self, spec: Spec) -> dict[str, tuple[str, ...]]:
        """The secrets that may sign each app's deliveries, by app name.

        Raises:
            SettingsError: one of them is empty or not set.
        """
        return {name: tuple(self.secret(env) for env in app.source.secret_env) for name, app in spec.apps.items()}

    def api_tokens(self) -> tuple[str, ...]:
        """Bearer tokens of ``/api/v1``: ``PUSHRAIL_API_TOKEN``, several separated by commas while one is being replaced."""
        return tuple(token.strip() for token in self.secret("PUSHRAIL_API_TOKEN").split(",") if token.strip())

    def dashboard_password(self) -> str:
        return self.secret("PUSHRAIL_DASHBOARD_PASSWORD")

    def hidden(self, spec: Spec) -> tuple[str, ...]:
        """Every secret value this process can see, for a log to leave out."""
        names = {name for app in spec.apps.values() for name in (*app.source.secret_env, *filter(None, [app.source.token_env]))}
        names |= {"PUSHRAIL_API_TOKEN", "PUSHRAIL_DASHBOARD_PASSWORD"}
        return tuple(sorted((self.secret(name) for name in names if self._has(name)), key=len, reverse=True))

    def _has(self, name: str) -> bool:
        return bool(self.environment.get(name, "").strip() or self.environment.get(f"{name}_FILE"))


def _read(name: str, path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except OSError as error:
        raise SettingsError(f"{name}_FILE names {path}, which cannot be read: {error.strerror}") from error
