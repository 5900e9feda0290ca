"""Where an app's releases live: one frozen type for each kind of place."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from pipeline.spec.create import Create
from pipeline.spec.values import EnvironmentNames, Mapped, Memory, Port, Text, Texts, UrlPath, matching, of_this_machine, refused
from pipeline.spec.wording import brief, nearest

KINDS = ("kubernetes", "docker", "local")

Replicas = Annotated[int, Field(ge=1, le=64)]
Variable = Annotated[str, matching(r"[A-Za-z_][A-Za-z0-9_]*", "is no name of an environment variable")]
Folder = Annotated[str, matching(r"/[^\x00-\x1f]*", "must be an absolute path, such as /srv/features")]


def _apart(names: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(names)) < len(names):
        raise ValueError("must not name one twice")
    return names


class KubernetesTarget(Mapped):
    """Deployments that run one image, and the Service in front of the first; the context is always named.

    ``create``: what they are made from; None when they exist already and are others' to shape.
    """

    kind: Literal["kubernetes"]
    context: Text
    namespace: Text = "default"
    deployment: Annotated[Texts, AfterValidator(_apart)]
    container: Text
    service: Text | None = None
    co_managed: bool = False
    create: Create | None = None

    @model_validator(mode="after")
    def _makes_one(self) -> "KubernetesTarget":
        if self.create and len(self.deployment) > 1:
            raise refused("makes one Deployment; name one in deployment, or leave create out", "create")
        return self

    @property
    def first(self) -> str:
        """The Deployment that answers requests; the only one of a target that ``each`` gave."""
        return self.deployment[0]

    @property
    def each(self) -> tuple["KubernetesTarget", ...]:
        """One target for each Deployment, in the order they are changed; the Service is that of all."""
        service = self.service or self.first
        return tuple(self.model_copy(update={"deployment": (name,), "service": service}) for name in self.deployment)


class LocalTarget(Mapped):
    """Processes on this machine behind the gateway, which listens on ``port`` of 127.0.0.1."""

    kind: Literal["local"]
    port: Port
    replicas: Replicas = 2

    @property
    def address(self) -> str:
        return "127.0.0.1"


class DockerTarget(Mapped):
    """Containers of this machine's engine behind the gateway, which listens on ``port`` of ``address``.

    ``env`` and ``secret_env`` are the containers' variables: plain values, and names of Pushrail's own whose values are passed on.
    ``volumes`` are folders of this machine and where they appear inside, for reading only. ``network`` is where they find other containers.
    """

    kind: Literal["docker"]
    port: Port
    address: Annotated[str, AfterValidator(of_this_machine)] = "0.0.0.0"  # noqa: S104 - as `docker run --publish` does
    replicas: Replicas = 2
    container_port: Port = 8080
    readiness: UrlPath = "/readyz"
    env: dict[Variable, str] = Field(default={})
    secret_env: EnvironmentNames | None = None
    memory: Memory | None = None
    cpus: Annotated[float, Field(gt=0)] | None = None
    volumes: dict[Folder, Folder] = Field(default={})
    network: Annotated[str, matching(r"[A-Za-z0-9][A-Za-z0-9_.-]*", "is no name of a network of the engine")] | None = None


_SAID = f"{', '.join(KINDS[:-1])} or {KINDS[-1]}"


def _of_a_kind(given: Any) -> Any:
    """Say of a wrong kind what pydantic's discriminator leaves to be guessed."""
    if not isinstance(given, Mapping | Mapped):
        raise refused(f"must be a mapping of keys to values, not {'text' if isinstance(given, str) else brief(given)}")
    if isinstance(given, Mapping) and "kind" not in given:
        raise refused(f"is missing; it is {_SAID}", "kind")
    if isinstance(given, Mapping) and given["kind"] not in KINDS:
        raise refused(f"must be {_SAID}, not {brief(given['kind'])}; the nearest is {nearest(given['kind'], KINDS)}", "kind")
    return given


Target = Annotated[KubernetesTarget | DockerTarget | LocalTarget, Field(discriminator="kind"), BeforeValidator(_of_a_kind)]
