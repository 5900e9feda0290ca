"""Where an app's releases live: one frozen type for each kind of place."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from pipeline.spec.values import Mapped, Text, Texts, refused
from pipeline.spec.wording import brief, nearest

KINDS = ("kubernetes", "local")


def _apart(names: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(names)) < len(names):
        raise ValueError("must not name one twice")
    return names


class KubernetesTarget(Mapped):
    """Deployments that run one image, and the Service in front of the first; the context is always named."""

    kind: Literal["kubernetes"]
    context: Text
    namespace: Text = "default"
    deployment: Annotated[Texts, AfterValidator(_apart)]
    container: Text
    service: Text | None = None
    co_managed: bool = False

    @property
    def first(self) -> str:
        """The Deployment that answers requests; the only one of a target that ``each`` gave."""
        return self.deployment[0]

    @property
    def each(self) -> tuple["KubernetesTarget", ...]:
        """One target for each Deployment, in the order they are changed."""
        return tuple(self.model_copy(update={"deployment": (name,)}) for name in self.deployment)


class LocalTarget(Mapped):
    """Processes on this machine behind the gateway, which listens on ``port`` of 127.0.0.1."""

    kind: Literal["local"]
    port: Annotated[int, Field(ge=1, le=65535)]
    replicas: Annotated[int, Field(ge=1, le=64)] = 2


def _of_a_kind(given: Any) -> Any:
    """Say of a wrong kind what pydantic's discriminator leaves to be guessed."""
    if not isinstance(given, Mapping | Mapped):
        raise refused(f"must be a mapping of keys to values, not {'text' if isinstance(given, str) else brief(given)}")
    if isinstance(given, Mapping) and "kind" not in given:
        raise refused(f"is missing; it is {' or '.join(KINDS)}", "kind")
    if isinstance(given, Mapping) and given["kind"] not in KINDS:
        raise refused(f"must be {' or '.join(KINDS)}, not {brief(given['kind'])}; the nearest is {nearest(given['kind'], KINDS)}", "kind")
    return given


Target = Annotated[KubernetesTarget | LocalTarget, Field(discriminator="kind"), BeforeValidator(_of_a_kind)]
