"""Releases on a Kubernetes cluster; the only importers of kubernetes."""

from worker.tools.kubernetes_target.scale import scale
from worker.tools.kubernetes_target.target import KubernetesTarget

__all__ = ["KubernetesTarget", "scale"]
