"""What ``target.create`` may say, and the key that is named when it says something else."""

import pytest

from pipeline.spec import Create, KubernetesTarget, Reference, parse
from tests.unit.spec_file import CLUSTER, app, file, problems

AT = "apps.iris.target.create"


def created(text: str, target: str = CLUSTER) -> str:
    return file(app(image="{engine: docker}", target=target.replace("}", f", create: {text}}}")))


def create(text: str) -> Create:
    target = parse(created(text)).apps["iris"].target
    assert isinstance(target, KubernetesTarget)
    assert target.create is not None
    return target.create


def test_nothing_but_the_word_takes_every_default() -> None:
    assert create("{}") == Create()
    assert create("{port: 8000}") == Create(port=8000)


def test_variables_are_text_or_lie_in_the_namespace() -> None:
    read = create("{env: {A: b, C: {secret: s, key: k}, D: {config_map: m, key: k}}}").env
    assert read == {"A": "b", "C": Reference(secret="s", key="k"), "D": Reference(config_map="m", key="k")}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{prot: 80}", ".prot: unknown key; the nearest valid one is 'port'"),
        ("8000", ": must be a mapping of keys to values, not the number 8000"),
        ("{port: 0}", ".port: must be at least 1"),
        ("{replicas: 0}", ".replicas: must be at least 1"),
        ("{cpus: 0}", ".cpus: must be at least 0.001"),
        ("{memory: 512Mi}", ".memory: must be a whole number and m or g, such as 512m or 4g"),
        ("{readiness: readyz}", ".readiness: must be a path, such as /readyz"),
        ("{user: 0}", ".user: must be at least 1"),
        ("{start: 0s}", ".start: must be longer than nothing"),
        ("{pre_stop: 5}", ".pre_stop: the number 5 is no duration; write a whole number and its unit, such as 500ms, 30s, 5m or 2h"),
        ("{env: {A: 1}}", ".env.A: must be text, not the number 1; put it in quotes"),
        ("{env: {A: {secrt: s, key: k}}}", ".env.A.secrt: unknown key; the nearest valid one is 'secret'"),
        ("{env: {A: {secret: s}}}", ".env.A.key: is missing"),
        ("{env: {A: {key: k}}}", ".env.A.secret: must name either a secret or a config_map"),
        ("{env: {A: {secret: s, config_map: m, key: k}}}", ".env.A.secret: must name either a secret or a config_map"),
        ("{env: {PORT: '80'}}", ".env.PORT: is what target.create.port says; change it there"),
        ("{service: {type: Nodeport}}", ".service.type: must be 'ClusterIP', 'NodePort' or 'LoadBalancer', not 'Nodeport'"),
        ("{service: {node_port: 30080}}", ".service.node_port: needs type NodePort or LoadBalancer"),
        ("{autoscale: {}}", ".autoscale.max: is missing"),
        ("{autoscale: {max: 1}}", ".autoscale.max: is less than min, 2"),
        ("{autoscale: {max: 4, cpu: 0}}", ".autoscale.cpu: must be at least 1"),
    ],
)
def test_what_is_wrong_is_said_with_its_key(text: str, said: str) -> None:
    assert problems(created(text)) == (f"{AT}{said}",)


def test_several_deployments_are_not_made() -> None:
    several = CLUSTER.replace("deployment: iris", "deployment: [iris, batch]")
    assert problems(created("{}", several)) == (f"{AT}: makes one Deployment; name one in deployment, or leave create out",)
