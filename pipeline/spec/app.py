"""What ``pipeline.yaml`` may say of an app: one frozen type for each of its mappings. Reads no file.

The file belongs to the operator, never to the pushed commit: a push cannot redirect its own deployment.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from pipeline.errors import SpecError
from pipeline.spec.deliveries import Deliveries
from pipeline.spec.report import Report
from pipeline.spec.source import Source
from pipeline.spec.steps import DEFAULT_STEPS, Step, disorder
from pipeline.spec.target import DockerTarget, KubernetesTarget, LocalTarget, Target
from pipeline.spec.values import Command, Mapped, Memory, Text, Texts, filled, matching, refused
from pipeline.spec.wording import nearest

AppName = Annotated[
    str,
    matching(
        "[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?",
        "is no name for an app; lower-case letters, digits and dashes, 40 at most, a letter or digit at both ends",
    ),
]


class Image(Mapped):
    """Which engine makes the app's images, where they are pushed, and how many stay."""

    engine: Literal["docker", "local"]
    repository: Text | None = None
    keep: Annotated[int, Field(ge=1)] = 5


class Train(Mapped):
    """How the model is made; ``inputs`` are the globs whose content decides whether it is made again."""

    command: Command
    inputs: Texts = ("**",)
    output: Annotated[str, matching(r"(?!/)(?!(.*/)?\.\.(/|$)).+", "must be a folder in the repository, such as model")] = "model"
    network: bool = False
    memory: Memory = "4g"
    cpus: Annotated[float, Field(gt=0)] | None = None


class Requirement(Mapped):
    """What one metric must be: bounds, and how much worse than the live model it may get."""

    min: float | None = None
    max: float | None = None
    no_worse_than_live: Annotated[float, Field(ge=0)] | None = None
    better: Literal["higher", "lower"] = "higher"

    @model_validator(mode="after")
    def _can_be_met(self) -> "Requirement":
        if self.min is not None and self.max is not None and self.min > self.max:
            raise refused(f"is more than max, {self.max:g}: no model could pass", "min")
        return self


class Evaluate(Mapped):
    """How a model folder is judged, and what is required of the candidate."""

    command: Command
    require: Annotated[dict[Text, Requirement], AfterValidator(filled)]


def _own_key(given: object) -> object:
    if given is None:
        raise ValueError("unknown key; an app's name is the key it stands under")
    return given


class App(Mapped):
    """One app: source, image, target, and what is done between a push and a release."""

    name: Annotated[str, BeforeValidator(_own_key)]
    enabled: bool = True
    source: Source
    concurrency: Literal["pending-only", "cancel-running", "keep-all"] = "pending-only"
    image: Image
    target: Target
    train: Train | None = None
    evaluate: Evaluate | None = None
    report: Report | None = None
    steps: Annotated[tuple[Step, ...], Field(strict=False), AfterValidator(filled)] = tuple(
        Step.model_validate(name) for name in DEFAULT_STEPS
    )

    @property
    def releases(self) -> bool:
        """Whether it is rolled out at all; an app may be built and tagged only, and its target is then never asked."""
        return any(step.name == "rollout" for step in self.steps)

    @property
    def secret_names(self) -> tuple[str, ...]:
        """Every variable that is named and never written, the webhook's secrets aside."""
        tokens = [self.source.token_env, self.report.token_env if self.report else None]
        return (*(name for name in tokens if name), *((self.target.secret_env or ()) if isinstance(self.target, DockerTarget) else ()))

    @model_validator(mode="after")
    def _fits_together(self) -> "App":
        names = [step.name for step in self.steps]
        if self.evaluate and not self.train:
            raise refused("needs train: there is no candidate model to judge", "evaluate")
        if self.evaluate and "rollout" in names and "evaluate" not in names:
            raise refused("leave evaluate out: a model would go live without being judged", "steps")
        if self.image.engine == "local" and self.target.kind != "local":
            raise refused("local makes folders, which only target.kind local can run; use docker", "image", "engine")
        if self.image.engine == "docker" and self.target.kind == "local":
            raise refused("docker makes images, and target.kind local runs only folders; use local", "image", "engine")
        return self


def _no_truth(given: object) -> object:
    if isinstance(given, bool):  # Python calls True and 1 the same
        raise ValueError("must be 1")
    return given


class Spec(Mapped):
    """The whole file."""

    version: Annotated[Literal[1], BeforeValidator(_no_truth)]
    apps: Annotated[dict[AppName, App], AfterValidator(filled)]
    deliveries: Deliveries = Deliveries()

    def app(self, name: str) -> App:
        """The app of this name; SpecError with the nearest name when there is none."""
        if name not in self.apps:
            raise SpecError((f"apps.{name}: there is no such app; the nearest is {nearest(name, list(self.apps))}",))
        return self.apps[name]

    @model_validator(mode="before")
    @classmethod
    def _names(cls, given: Any) -> Any:
        """An app's name is its key; one that brings a name of its own gets none and is refused."""
        if not isinstance(given, Mapping) or not isinstance(given.get("apps"), Mapping):
            return given
        return {**given, "apps": {key: _named(str(key), app) for key, app in given["apps"].items()}}

    @model_validator(mode="after")
    def _steps_in_order(self) -> "Spec":
        for app in self.apps.values():
            if said := disorder([step.name for step in app.steps]):
                raise refused(said, "apps", app.name, "steps")
        return self

    @model_validator(mode="after")
    def _apart(self) -> "Spec":
        """Two apps that release to the same place would overwrite each other for ever."""
        places: dict[object, str] = {}
        for app in self.apps.values():
            for place in _places(app.target):
                if (other := places.setdefault(place, app.name)) != app.name:
                    raise refused(f"is where {other} is released already", "apps", app.name, "target")
        return self

    @model_validator(mode="after")
    def _told_apart(self) -> "Spec":
        """Two apps that tell one forge of one repository under one context would overwrite each other's word."""
        told: dict[object, str] = {}
        for app in self.apps.values():
            if app.report:
                under = (app.report.address, app.source.repository.casefold(), app.report.context.casefold())
                if (other := told.setdefault(under, app.name)) != app.name:
                    said = f"is what {other} tells of the same commits under; give each its own"
                    raise refused(said, "apps", app.name, "report", "context")
        return self


def _named(key: str, app: Any) -> Any:
    return {**app, "name": None if "name" in app else key} if isinstance(app, Mapping) else app


def _places(target: KubernetesTarget | DockerTarget | LocalTarget) -> Iterator[object]:
    """A whole Deployment is a place, whatever the container: its annotations tell of one release."""
    if isinstance(target, KubernetesTarget):
        yield from ((target.context, target.namespace, name) for name in target.deployment)
    else:
        yield target.port
