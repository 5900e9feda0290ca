"""Which permissions releases to a Deployment take, and which of them are missing. ``deploy/role.yaml`` grants exactly these."""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from itertools import groupby

from worker.finding import Finding, error, warning
from worker.tools.kubernetes_target.api import Api
from worker.tools.kubernetes_target.reply import ApiRefused

REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
AT_ONCE = 4

Names = Mapping[str, str]
"""By resource, as a Role words it, the one object that is used; what is not in it is used whatever its name."""


@dataclass(frozen=True, slots=True)
class Permission:
    """One verb on one resource in the namespace; ``group`` is empty for the core API, ``subresource`` for the object itself."""

    group: str
    resource: str
    subresource: str
    verb: str

    @property
    def of(self) -> str:
        """The resource as a Role's ``resources`` word it."""
        return f"{self.resource}/{self.subresource}" if self.subresource else self.resource


NEEDED = (
    *(Permission("apps", "deployments", "", verb) for verb in ("get", "list", "watch", "patch")),
    *(Permission("apps", "replicasets", "", verb) for verb in ("list", "watch")),
    *(Permission("", "pods", "", verb) for verb in ("list", "watch")),
    Permission("", "pods", "log", "get"),
    Permission("", "events", "", "list"),
    Permission("", "services", "", "get"),
    *(Permission("", "services", "proxy", verb) for verb in ("get", "create")),
)

"""What every release takes."""

CREATING = (
    Permission("apps", "deployments", "", "create"),
    *(Permission("", "services", "", verb) for verb in ("create", "patch")),
    *(Permission("policy", "poddisruptionbudgets", "", verb) for verb in ("get", "create", "patch")),
    *(Permission("autoscaling", "horizontalpodautoscalers", "", verb) for verb in ("list", "get", "create", "patch")),
)
"""What ``target.create`` takes besides."""

SCALING = (
    *(Permission("apps", "deployments", "scale", verb) for verb in ("get", "patch")),
    Permission("autoscaling", "horizontalpodautoscalers", "", "list"),
)
"""What ``pushrail scale`` takes, and no release."""


def missing(api: Api, namespace: str, wanted: tuple[Permission, ...], names: Names) -> Iterator[Finding]:
    """Ask the API server about each permission (SelfSubjectAccessReview, which every authenticated user may create by default).

    They are asked for by name, so that a Role with ``resourceNames`` will do; a list or watch of one name counts as one of that object.

    Returns:
        An error for each resource that a verb is missing on; a warning when the server does not let itself be asked.
    """
    try:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            allowed = list(pool.map(lambda permission: _allowed(api, namespace, permission, names), wanted))
    except ApiRefused as refused:
        if refused.transient:
            raise
        yield warning("kubernetes", f"what is permitted cannot be asked ({refused.reason}); permit create on selfsubjectaccessreviews")
        return
    lacking = [permission for permission, may in zip(wanted, allowed, strict=True) if not may]
    for (group, of), verbs in groupby(lacking, key=lambda permission: (permission.group, permission.of)):
        yield error("kubernetes", _advice(group, of, [permission.verb for permission in verbs], namespace, names.get(of, "")))


def _allowed(api: Api, namespace: str, permission: Permission, names: Names) -> bool:
    nameless = permission.verb == "create" and not permission.subresource  # an object has no name yet for whoever judges its creation
    attributes = {"namespace": namespace, "name": "" if nameless else names.get(permission.of, ""), **asdict(permission)}
    review = {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview", "spec": {"resourceAttributes": attributes}}
    return bool(api.post(REVIEWS, review)["status"]["allowed"])


def _advice(group: str, of: str, verbs: list[str], namespace: str, name: str) -> str:
    resource = f"{of}.{group}" if group else of
    these = f"verb{'s' if len(verbs) > 1 else ''} {' and '.join(repr(verb) for verb in verbs)}"
    named = f" (name {name!r})" if name else ""
    return f"not permitted in namespace {namespace!r}: add {these} on {resource!r}{named} to the Role, as deploy/role.yaml has it"
