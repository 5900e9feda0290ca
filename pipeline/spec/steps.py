"""The ``steps`` of an app: their names, their order and their settings."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from pipeline.spec.values import Duration, Mapped, SomeTime, refused
from pipeline.spec.wording import brief, nearest


class StepSettings(Mapped):
    """When a step is due, how many seconds it may take, and how often a transient tool error is tried again."""

    when: Literal["success", "failure", "always"] = "success"
    timeout: SomeTime = 600.0
    retries: Annotated[int, Field(ge=0, le=10)] = 2


class RetrainSettings(StepSettings):
    timeout: SomeTime = 3600.0


class VerifySettings(StepSettings):
    """``soak``: seconds the release must stay healthy; ``latency``: seconds a golden prediction may take."""

    soak: Duration = 15.0
    latency: SomeTime = 2.0


class RollbackSettings(StepSettings):
    """``first_release``: what becomes of a bad release that has no verified one before it."""

    when: Literal["success", "failure", "always"] = "failure"
    first_release: Literal["leave", "stop"] = "leave"


class Step(Mapped):
    """One entry of ``steps``: exactly one step's name, with its settings."""

    pull: StepSettings | None = None
    retrain: RetrainSettings | None = None
    evaluate: StepSettings | None = None
    build: StepSettings | None = None
    tag: StepSettings | None = None
    prune: StepSettings | None = None
    rollout: StepSettings | None = None
    verify: VerifySettings | None = None
    rollback: RollbackSettings | None = None

    @model_validator(mode="before")
    @classmethod
    def _one_name(cls, given: Any) -> Any:
        """A bare name, and a name with nothing behind it, take every default."""
        if isinstance(given, str) and given not in cls.model_fields:
            raise refused(f"{brief(given)} is no step; the nearest is {nearest(given, list(cls.model_fields))}")
        if isinstance(given, str):
            return {given: {}}
        if not isinstance(given, Mapping):
            raise refused("must be a step's name, or a mapping of one name to its settings")
        if len(given) != 1:
            named = " and ".join(map(str, given)) or "none"
            raise refused(f"must name one step, not {named}; a step's settings stand further to the right than its name")
        return {name: {} if settings is None else settings for name, settings in given.items()}

    def _named(self) -> Iterator[tuple[str, StepSettings]]:
        return ((name, settings) for name in type(self).model_fields if (settings := getattr(self, name)) is not None)

    @property
    def name(self) -> str:
        return next(self._named())[0]

    @property
    def settings(self) -> StepSettings:
        return next(self._named())[1]


DEFAULT_STEPS = ("pull", "retrain", "evaluate", "build", "tag", "prune", "rollout", "verify", "rollback")

_NEEDS = {
    "retrain": "pull",
    "evaluate": "retrain",
    "build": "pull",
    "tag": "build",
    "rollout": "tag",
    "verify": "rollout",
    "rollback": "rollout",
}
"""The step whose outcome each step works on."""


def disorder(names: list[str]) -> str:
    """What is wrong with the order of steps: one stands there twice, lacks what it works on, or comes too early; empty when it is right.

    Only ``prune`` may come when it likes.
    """
    for position, name in enumerate(names):
        if name in names[:position]:
            return f"{name} stands there twice"
        if name in _NEEDS and _NEEDS[name] not in names[:position]:
            return f"{name} needs {_NEEDS[name]} before it"
    if "rollout" in names and "verify" not in names:
        return "rollout needs verify behind it: only a release that was verified can be put back"
    fixed = [name for name in names if name != "prune"]
    late = next((name for name, due in zip(fixed, sorted(fixed, key=DEFAULT_STEPS.index), strict=True) if name != due), "")
    return f"{late} comes too early; the order is {', '.join(DEFAULT_STEPS)}" if late else ""
