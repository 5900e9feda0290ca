"""Whom the forge is told about an app's runs. The host and the repository come from here and ``source`` alone, never from a payload."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, model_validator

from pipeline.spec.values import EnvironmentName, Mapped, Text, matching, refused

PUBLIC = {"github": "https://api.github.com", "gitlab": "https://gitlab.com/api/v4"}


def _environment_or_false(value: object) -> object:
    if value is True:
        raise ValueError("must be false or the environment's name, such as production")
    return value


class Report(Mapped):
    """Commit statuses, and GitHub's deployments when ``deployments`` names an environment; ``token_env`` names a variable."""

    forge: Literal["github", "gitlab", "gitea"] = "github"
    api: (
        Annotated[
            str, matching(r"https?://[^\s/?#@]+(/[^\s?#@]*)?", "must be the API's address, such as https://github.example.com/api/v3")
        ]
        | None
    ) = None
    token_env: EnvironmentName
    context: Text = "pushrail"
    deployments: Annotated[Text | Literal[False], BeforeValidator(_environment_or_false)] = False

    @property
    def address(self) -> str:
        """The API's address, without a slash at its end."""
        return (self.api or PUBLIC[self.forge]).rstrip("/")

    @model_validator(mode="after")
    def _fits_together(self) -> "Report":
        if self.api is None and self.forge not in PUBLIC:
            raise refused("is required with forge gitea, such as https://gitea.example.com/api/v1", "api")
        if self.deployments and self.forge != "github":
            raise refused("are known to GitHub alone", "deployments")
        return self
