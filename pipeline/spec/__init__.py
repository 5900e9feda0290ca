"""``pipeline.yaml``: its types (``app``, ``steps``, ``values``) and its reading (``file``)."""

from pipeline.spec.app import App, Evaluate, Image, KubernetesTarget, LocalTarget, Requirement, Source, Spec, Train
from pipeline.spec.file import load, parse
from pipeline.spec.steps import DEFAULT_STEPS, Step, StepSettings, VerifySettings

__all__ = [
    "DEFAULT_STEPS",
    "App",
    "Evaluate",
    "Image",
    "KubernetesTarget",
    "LocalTarget",
    "Requirement",
    "Source",
    "Spec",
    "Step",
    "StepSettings",
    "Train",
    "VerifySettings",
    "load",
    "parse",
]
