"""What ``target.create`` makes, for tests: of an app iris, container web, in the namespace ml, on an old server or a new one."""

from typing import Any

from pipeline.spec import KubernetesTarget
from worker.tools.kubernetes_target.create import manifests
from worker.tools.kubernetes_target.create.served import Served

OLD, NEW = Served("v1", "v1beta1", sleep=False), Served("v2", "v1", sleep=True)
MARKS = {"pushrail.io/app": "iris", "pushrail.io/run": "r1"}


def place(create: Any) -> KubernetesTarget:
    return KubernetesTarget.model_validate(
        {"kind": "kubernetes", "context": "prod", "namespace": "ml", "deployment": "iris", "container": "web", "create": create}
    )


def made(create: Any, served: Served = OLD) -> list[Any]:
    """Everything, the Deployment first."""
    where = place(create)
    assert where.create is not None
    deployment = manifests.deployment(where, where.create, "iris:1", MARKS, served)
    return [deployment, *manifests.around(where, where.create, MARKS, served)]
