"""``pipeline.yaml``: its types (``app``, ``source``, ``target``, ``create``, ``steps``, ``values``), its reading (``file``, ``text``)
and its complaints (``wording``).
"""

from pipeline.spec.app import App, Evaluate, Image, Requirement, Spec, Train
from pipeline.spec.create import Autoscale, Create, Reference
from pipeline.spec.file import load, parse
from pipeline.spec.source import Source
from pipeline.spec.steps import DEFAULT_STEPS, RollbackSettings, Step, StepSettings, VerifySettings
from pipeline.spec.target import DockerTarget, KubernetesTarget, LocalTarget

__all__ = [
    "DEFAULT_STEPS",
    "App",
    "Autoscale",
    "Create",
    "DockerTarget",
    "Evaluate",
    "Image",
    "KubernetesTarget",
    "LocalTarget",
    "Reference",
    "Requirement",
    "RollbackSettings",
    "Source",
    "Spec",
    "Step",
    "StepSettings",
    "Train",
    "VerifySettings",
    "load",
    "parse",
]
