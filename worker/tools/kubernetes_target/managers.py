"""Who else writes a Deployment: Helm, Argo CD and Flux put back what they have in store, and so undo releases and rollbacks alike. Pure.

A rollback in the cluster that the next sync reverts brings the bad version back (helm-operator#236, flux#1742). The names under which they
write are from helm#9870, helm-controller#346 and argo-cd#20815.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from worker.observation import Raw


@dataclass(frozen=True, slots=True)
class Tool:
    """How one of them is known.

    Args:
        marks: how the keys of its labels and annotations begin.
        writers: under which names it writes.
        advice: how to make it leave the image alone.
        off: annotations that say it does so already (kustomize-controller#484).
    """

    name: str
    marks: tuple[str, ...]
    writers: tuple[str, ...]
    advice: str
    off: tuple[tuple[str, str], ...] = ()


FLUX = Tool(
    "Flux",
    ("kustomize.toolkit.fluxcd.io/", "helm.toolkit.fluxcd.io/"),
    ("kustomize-controller", "helm-controller"),
    "annotate the Deployment in Git with kustomize.toolkit.fluxcd.io/ssa: IfNotPresent, or leave its image out of drift detection",
    tuple((f"kustomize.toolkit.fluxcd.io/{key}", value) for key, value in (("reconcile", "disabled"), ("ssa", "IfNotPresent"))),
)
ARGO_CD = Tool(
    "Argo CD",
    ("argocd.argoproj.io/",),
    ("argocd-controller", "argocd-application-controller"),
    "ignore the Deployment's image in the Application (ignoreDifferences, with RespectIgnoreDifferences=true)",
)
HELM = Tool("Helm", ("meta.helm.sh/",), ("helm",), "leave this Deployment out of the chart")
MANAGED_BY = "app.kubernetes.io/managed-by"


def managed(deployment: Raw) -> str:
    """Which of the tools manages it, how that is known, and what to do about it; empty when none does."""
    return next(
        (f"{tool.name} manages it ({proof}): {tool.advice}" for tool in (FLUX, ARGO_CD, HELM) for proof in _proofs(deployment, tool)), ""
    )


def _proofs(deployment: Raw, tool: Tool) -> Iterator[str]:
    metadata = deployment["metadata"]
    labels, annotations = metadata.get("labels") or {}, metadata.get("annotations") or {}
    if any(annotations.get(key) == value for key, value in tool.off):
        return
    yield from (f"{key}: {value}" for key, value in {**labels, **annotations}.items() if key.startswith(tool.marks))
    if labels.get(MANAGED_BY) == tool.name:
        yield f"{MANAGED_BY}: {tool.name}"
    for entry in metadata.get("managedFields") or ():
        if entry.get("manager") in tool.writers and "f:template" in entry.get("fieldsV1", {}).get("f:spec", {}):
            yield f"it wrote the pod template as {entry['manager']}"
