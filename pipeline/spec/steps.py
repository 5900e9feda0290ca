"""The ``steps`` of an app: their names, their order and their settings."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from pipeline.spec.values import Duration, Mapped


class StepSettings(Mapped):
    """When a step is due, how many seconds it may take, and how often a transient tool error is tried again."""

    when: Literal["success", "failure", "always"] = "success"
    timeout: Duration = 600.0
    retries: Annotated[int, Field(ge=0, le=10)] = 2


class RetrainSettings(StepSettings):
    timeout: Duration = 3600.0


class VerifySettings(StepSettings):
    """``soak``: seconds the release must stay healthy; ``latency``: seconds a golden prediction may take."""

    soak: Duration = 15.0
    latency: Duration = 2.0


class RollbackSettings(StepSettings):
    when: Literal["success", "failure", "always"] = "failure"


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
    def _bare_name(cls, given: Any) -> Any:
        return {given: {}} if isinstance(given, str) else given

    @model_validator(mode="after")
    def _one_name(self) -> "Step":
        if len(list(self._named())) != 1:
            raise ValueError("a step is a bare name or a mapping of one name to its settings")
        return self

    def _named(self) -> Iterator[tuple[str, StepSettings]]:
        return ((name, settings) for name in type(self).model_fields if (settings := getattr(self, name)) is not None)

    @property
    def name(self) -> str:
        return next(self._named())[0]

    @property
    def settings(self) -> StepSettings:
        return next(self._named())[1]


DEFAULT_STEPS = ("pull", "retrain", "evaluate", "build", "tag", "prune", "rollout", "verify", "rollback")
