"""``target.create``: the few keys from which Pushrail makes an app's Deployment and what stands around it."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Discriminator, Field, Tag, model_validator

from pipeline.spec.values import Duration, EnvironmentName, Mapped, Memory, Port, SomeTime, Text, UrlPath, refused


class Reference(Mapped):
    """Where a variable's value lies in the namespace: under ``key`` of a Secret or of a ConfigMap."""

    secret: Text | None = None
    config_map: Text | None = None
    key: Text

    @model_validator(mode="after")
    def _one_place(self) -> "Reference":
        if (self.secret is None) == (self.config_map is None):
            raise refused("must name either a secret or a config_map", "secret")
        return self


def _form(given: object) -> str:
    return "reference" if isinstance(given, Mapping | Reference) else "text"


Value = Annotated[Annotated[str, Tag("text")] | Annotated[Reference, Tag("reference")], Discriminator(_form)]


def _without_port(env: dict[str, Any]) -> dict[str, Any]:
    if "PORT" in env:
        raise refused("is what target.create.port says; change it there", "PORT")
    return env


class Service(Mapped):
    """How the app is reached; a ``node_port`` is one that the cluster picks unless it is named."""

    type: Literal["ClusterIP", "NodePort", "LoadBalancer"] = "ClusterIP"
    port: Port = 80
    node_port: Port | None = None

    @model_validator(mode="after")
    def _has_nodes(self) -> "Service":
        if self.node_port and self.type == "ClusterIP":
            raise refused("needs type NodePort or LoadBalancer", "node_port")
        return self


class Autoscale(Mapped):
    """Bounds of a HorizontalPodAutoscaler, and how busy, in percent of ``cpus``, it keeps the replicas."""

    min: Annotated[int, Field(ge=1)] = 2
    max: Annotated[int, Field(ge=1)]
    cpu: Annotated[int, Field(ge=1, le=100)] = 70

    @model_validator(mode="after")
    def _bounds(self) -> "Autoscale":
        if self.min > self.max:
            raise refused(f"is less than min, {self.min}", "max")
        return self


class Create(Mapped):
    """What the Deployment, Service, autoscaler and disruption budget are made from. Times are seconds.

    Args:
        replicas: of the Deployment at first; later it is people and autoscalers who decide.
        start: what the app may need to load its model.
        pre_stop: what Services need to stop sending to a pod that is to end.
        graceful_timeout: what requests in flight are waited for after that, as gunicorn's setting of this name.
    """

    port: Port = 8080
    replicas: Annotated[int, Field(ge=1)] = 2
    cpus: Annotated[float, Field(ge=0.001)] = 0.25
    memory: Memory = "1g"
    env: Annotated[dict[EnvironmentName, Value], AfterValidator(_without_port)] = Field(default={})
    pull_secrets: Annotated[tuple[Text, ...], Field(strict=False)] = ()
    user: Annotated[int, Field(ge=1)] | None = None
    readiness: UrlPath = "/readyz"
    liveness: UrlPath | None = "/livez"
    start: SomeTime = 120.0
    pre_stop: Duration = 5.0
    graceful_timeout: Duration = 30.0
    service: Service = Service()
    autoscale: Autoscale | None = None
