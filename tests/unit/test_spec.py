"""What an app in ``pipeline.yaml`` may not say, and the exact key that is named for it; and what a short one stands for."""

import pytest

from pipeline.spec import DEFAULT_STEPS, KubernetesTarget, parse
from tests.unit.spec_file import CLUSTER, LOCAL, SOURCE, app, file, problems, require, source, steps, train

MAPPING = "must be a mapping of keys to values, not"
NO_NAME = "is no name for an app; lower-case letters, digits and dashes, 40 at most, a letter or digit at both ends"
FOLDER = "must be a folder in the repository, such as model"

UNKNOWN = [
    (file() + "extra: 1\n", "extra", "version"),
    (file() + "1: 1\n", "1", "version"),
    (file(app(more="evaluat: {}")), "apps.iris.evaluat", "evaluate"),
    (source(brunch="main"), "apps.iris.source.brunch", "branch"),
    (file(app(image="{engin: local}")), "apps.iris.image.engin", "engine"),
    (file(app(target="{kind: local, prot: 9000}")), "apps.iris.target.prot", "port"),
    (file(app(target="{kind: kubernetes, contxt: prod}")), "apps.iris.target.contxt", "context"),
    (train("{comand: [a]}"), "apps.iris.train.comand", "command"),
    (file(app(more="evaluate: {requires: {}}")), "apps.iris.evaluate.requires", "require"),
    (require("{accuracy: {minimum: 1}}"), "apps.iris.evaluate.require.accuracy.minimum", "min"),
    (steps("[pull, {bild: {}}]"), "apps.iris.steps[1].bild", "build"),
    (steps("[{pull: {timeot: 1s}}]"), "apps.iris.steps[0].pull.timeot", "timeout"),
    (steps("[{verify: {soke: 1s}}]"), "apps.iris.steps[0].verify.soke", "soak"),
]

MISSING = [
    ("version: 1\n", "apps: is missing"),
    ("apps:\n" + app(), "version: is missing"),
    (file(app(source="{secret_env: S}")), "apps.iris.source.url: is missing"),
    (file(app(source="{url: 'https://x.com/a/b'}")), "apps.iris.source.secret_env: is missing"),
    (file(app(image="{keep: 2}")), "apps.iris.image.engine: is missing"),
    (file(app(target="{port: 9000}")), "apps.iris.target.kind: is missing; it is kubernetes, docker or local"),
    (file(app(target="{kind: local}")), "apps.iris.target.port: is missing"),
    (train("{output: model}"), "apps.iris.train.command: is missing"),
    (file(f"  iris: {{source: {SOURCE}, image: {{engine: local}}}}\n"), "apps.iris.target: is missing"),
]

WRONG_KIND = [
    ("- a\n", f"the file: {MAPPING} a list"),
    ("hello\n", f"the file: {MAPPING} text"),
    ("version: 1\napps:\n", f"apps: {MAPPING} nothing"),
    ("version: 1\napps: [iris]\n", f"apps: {MAPPING} a list"),
    ("version: 1\napps: {}\n", "apps: must not be empty"),
    (file("  iris:\n"), f"apps.iris: {MAPPING} nothing"),
    (file(app(source="https://x.com/a/b")), f"apps.iris.source: {MAPPING} text"),
    (file(app(target="local")), f"apps.iris.target: {MAPPING} text"),
    (file(app(target="[local]")), f"apps.iris.target: {MAPPING} a list"),
    (file(app(target="{kind: lokal}")), "apps.iris.target.kind: must be kubernetes, docker or local, not 'lokal'; the nearest is local"),
    (file(app(target="{kind: }")), "apps.iris.target.kind: must be kubernetes, docker or local, not nothing; the nearest is docker"),
    (file(app(image="{engine: podman}")), "apps.iris.image.engine: must be 'docker' or 'local', not 'podman'"),
    (file(app(image="{engine: local, keep: 0}")), "apps.iris.image.keep: must be at least 1"),
    (file().replace("version: 1", "version: 2"), "version: must be 1, not the number 2"),
    (file().replace("version: 1", "version: true"), "version: must be 1"),
    (train("{command: python train.py}"), "apps.iris.train.command: must be a list, not text"),
    (train("{command: [python, 3]}"), "apps.iris.train.command[1]: must be text, not the number 3; put it in quotes"),
    (train("{command: []}"), "apps.iris.train.command: must not be empty"),
    (train("{command: ['']}"), "apps.iris.train.command[0]: must not be empty"),
    (train("{command: [a], network: 'yes'}"), "apps.iris.train.network: must be true or false, not text"),
    (train("{command: [a], memory: 4gb}"), "apps.iris.train.memory: must be a whole number and m or g, such as 512m or 4g"),
    (train("{command: [a], cpus: 0}"), "apps.iris.train.cpus: must be more than 0"),
    (train("{command: [a], output: ../model}"), f"apps.iris.train.output: {FOLDER}"),
    (train("{command: [a], output: /model}"), f"apps.iris.train.output: {FOLDER}"),
    (require("{}"), "apps.iris.evaluate.require: must not be empty"),
    (require("{accuracy: 0.9}"), f"apps.iris.evaluate.require.accuracy: {MAPPING} the number 0.9"),
    (require("{accuracy: {min: high}}"), "apps.iris.evaluate.require.accuracy.min: must be a number, not text"),
    (require("{accuracy: {min: .nan}}"), "apps.iris.evaluate.require.accuracy.min: must be a finite number"),
    (require("{accuracy: {min: 1, max: 0.5}}"), "apps.iris.evaluate.require.accuracy.min: is more than max, 0.5: no model could pass"),
]

PLACES = [
    *((file(app(name=name)), f"apps.{name}: {NO_NAME}") for name in ("Iris", "-iris", "iris-", "i_ris", "i.ris", "i ris", "i" * 41)),
    (file(app(name="1")), "apps.1: must be text, not the number 1; put it in quotes"),
    (file(app(target="{kind: local, port: 0}")), "apps.iris.target.port: must be at least 1"),
    (file(app(target="{kind: local, port: 65536}")), "apps.iris.target.port: must be at most 65535"),
    (file(app(target="{kind: local, port: '9000'}")), "apps.iris.target.port: must be a whole number, not text"),
    (file(app(target="{kind: local, port: true}")), "apps.iris.target.port: must be a whole number, not true"),
    (file(app(), app(name="rose")), "apps.rose.target: is where iris is released already"),
]

DISCORD = [
    (
        file(app(more="evaluate: {command: [a], require: {x: {}}}")),
        "apps.iris.evaluate: needs train: there is no candidate model to judge",
    ),
    (
        require("{x: {}}", ", steps: [pull, build, tag, rollout]"),
        "apps.iris.steps: leave evaluate out: a model would go live without being judged",
    ),
    (
        file(app(image="{engine: docker}")),
        "apps.iris.image.engine: docker makes images, and target.kind local runs only folders; use local",
    ),
    (
        file(app(target=CLUSTER)),
        "apps.iris.image.engine: local makes folders, which only target.kind local can run; use docker",
    ),
]


@pytest.mark.parametrize(("text", "key", "near"), UNKNOWN)
def test_an_unknown_key_is_named_with_the_nearest_valid_one(text: str, key: str, near: str) -> None:
    assert problems(text) == (f"{key}: unknown key; the nearest valid one is '{near}'",)


@pytest.mark.parametrize(("text", "said"), [*MISSING, *WRONG_KIND, *PLACES, *DISCORD])
def test_what_is_wrong_is_said_once_and_with_its_key(text: str, said: str) -> None:
    assert problems(text) == (said,)


def test_every_problem_is_told_at_once() -> None:
    told = problems(file(app(more="evaluat: 1, targets: 2"), app(name="rose", image="{engine: podman, keep: 0}")))
    assert [line.split(":")[0] for line in told] == [
        "apps.iris.evaluat",
        "apps.iris.targets",
        "apps.rose.image.engine",
        "apps.rose.image.keep",
    ]


@pytest.mark.parametrize("name", ["rose", "iris", "null"])
def test_an_app_cannot_name_itself(name: str) -> None:
    assert problems(file(app(more=f"name: {name}"))) == ("apps.iris.name: unknown key; an app's name is the key it stands under",)


@pytest.mark.parametrize("name", ["i", "iris-2", "7", "i" * 40])
def test_an_app_is_named_by_its_key(name: str) -> None:
    assert parse(file(app(name=f"'{name}'"))).apps[name].name == name


def test_a_short_file_stands_for_all_defaults() -> None:
    iris = parse(file()).apps["iris"]
    assert (iris.source.branch, iris.source.paths, iris.source.token_env) == ("main", ("**",), None)
    assert (iris.image.keep, iris.train, iris.evaluate) == (5, None, None)
    assert tuple(step.name for step in iris.steps) == DEFAULT_STEPS


def on_cluster(deployment: str, container: str = "web", name: str = "iris") -> str:
    target = f"{{kind: kubernetes, context: prod, deployment: {deployment}, container: {container}}}"
    return app(name=name, image="{engine: docker}", target=target)


@pytest.mark.parametrize("other", ["iris", "[rose, iris]"])
def test_a_deployment_belongs_to_one_app_whatever_the_container(other: str) -> None:
    said = "apps.rose.target: is where iris is released already"
    assert problems(file(on_cluster("iris"), on_cluster(other, "worker", "rose"))) == (said,)


def test_a_deployment_is_named_alone_or_in_a_list() -> None:
    targets = [parse(file(on_cluster(given))).apps["iris"].target for given in ("web", "[web, batch]")]
    assert [[one.deployment for one in target.each] for target in targets if isinstance(target, KubernetesTarget)] == [
        [("web",)],
        [("web",), ("batch",)],
    ]


def test_no_deployment_is_named_twice() -> None:
    assert problems(file(on_cluster("[web, web]"))) == ("apps.iris.target.deployment: must not name one twice",)


def test_a_bound_may_be_a_whole_number() -> None:
    judged = parse(require("{accuracy: {min: 1}}")).apps["iris"].evaluate
    assert judged is not None
    assert judged.require["accuracy"].min == 1.0


def test_the_target_s_kind_decides_its_keys() -> None:
    assert problems(file(app(target=LOCAL.replace("}", ", namespace: ml}")))) == (
        "apps.iris.target.namespace: unknown key; the nearest valid one is 'replicas'",
    )
