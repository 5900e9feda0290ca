"""What ``pipeline.yaml`` may say of an app: one frozen type for each of its mappings. Reads no file.

The file belongs to the operator, never to the pushed commit: a push cannot redirect its own deployment.
"""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, model_validator

from pipeline.spec.steps import DEFAULT_STEPS, Step
from pipeline.spec.values import Command, Mapped, Text, Texts

AppName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$")]


class Source(Mapped):
    """Where the app's code comes from; ``secret_env`` and ``token_env`` name environment variables, never values."""

    url: Text
    branch: Text = "main"
    paths: Texts = ("**",)
    secret_env: Texts
    token_env: Text | None = None

    @property
    def repository(self) -> str:
        """``owner/name``, as the forge calls it: the last two parts of the URL's path."""
        return "/".join(re.split(r"[/:]", self.url.removesuffix("/").removesuffix(".git"))[-2:])

    @property
    def ref(self) -> str:
        return f"refs/heads/{self.branch}"


class Image(Mapped):
    """Which engine makes the app's images, where they are pushed, and how many stay."""

    engine: Literal["docker", "local"]
    repository: Text | None = None
    keep: Annotated[int, Field(ge=1)] = 5


class KubernetesTarget(Mapped):
    """A Deployment and the Service in front of it; the context is always named."""

    kind: Literal["kubernetes"]
    context: Text
    namespace: Text = "default"
    deployment: Text
    container: Text
    service: Text | None = None


class LocalTarget(Mapped):
    """Processes on this machine behind the gateway, which listens on ``port`` of 127.0.0.1."""

    kind: Literal["local"]
    port: Annotated[int, Field(ge=1, le=65535)]
    replicas: Annotated[int, Field(ge=1, le=64)] = 2


class Train(Mapped):
    """How the model is made; ``inputs`` are the globs whose content decides whether it is made again."""

    command: Command
    inputs: Texts = ("**",)
    output: Text = "model"
    network: bool = False
    memory: Annotated[str, StringConstraints(pattern=r"^[1-9]\d*[mg]$")] = "4g"
    cpus: Annotated[float, Field(gt=0)] | None = None


class Requirement(Mapped):
    """What one metric must be: bounds, and how much worse than the live model it may get."""

    min: float | None = None
    max: float | None = None
    no_worse_than_live: Annotated[float, Field(ge=0)] | None = None
    better: Literal["higher", "lower"] = "higher"


class Evaluate(Mapped):
    """How a model folder is judged, and what is required of the candidate."""

    command: Command
    require: Annotated[dict[Text, Requirement], Field(min_length=1)]


class App(Mapped):
    """One app: source, image, target, and what is done between a push and a release."""

    name: AppName
    source: Source
    image: Image
    target: Annotated[KubernetesTarget | LocalTarget, Field(discriminator="kind")]
    train: Train | None = None
    evaluate: Evaluate | None = None
    steps: Annotated[tuple[Step, ...], Field(strict=False, min_length=1)] = tuple(Step.model_validate(name) for name in DEFAULT_STEPS)

    @model_validator(mode="after")
    def _fits_together(self) -> "App":
        names = [step.name for step in self.steps]
        if doubled := {name for name in names if names.count(name) > 1}:
            raise ValueError(f"steps: {', '.join(sorted(doubled))} stands there twice")
        if self.evaluate and not self.train:
            raise ValueError("evaluate needs train: there is no candidate model to judge")
        if self.image.engine == "local" and self.target.kind != "local":
            raise ValueError("image.engine local makes folders that only target.kind local can run; use engine docker")
        if self.image.engine == "docker" and self.target.kind == "local":
            raise ValueError("target.kind local runs folders, not Docker images; use engine local")
        return self


class Spec(Mapped):
    """The whole file."""

    version: Literal[1]
    apps: Annotated[dict[str, App], Field(min_length=1)]

    @model_validator(mode="before")
    @classmethod
    def _names(cls, given: Any) -> Any:
        if not isinstance(given, Mapping) or not isinstance(given.get("apps"), Mapping):
            return given
        named = {key: {**app, "name": key} if isinstance(app, Mapping) else app for key, app in given["apps"].items()}
        return {**given, "apps": named}
