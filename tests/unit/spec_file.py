"""Small ``pipeline.yaml`` texts, good but for what a test puts into them, and what is said of them."""

import pytest

from pipeline.errors import SpecError
from pipeline.spec import parse

SOURCE = "{url: https://github.com/acme/iris.git, secret_env: SECRET}"
LOCAL = "{kind: local, port: 9000}"
CLUSTER = "{kind: kubernetes, context: prod, deployment: iris, container: web}"


def app(*, source: str = SOURCE, image: str = "{engine: local}", target: str = LOCAL, more: str = "", name: str = "iris") -> str:
    return f"  {name}: {{source: {source}, image: {image}, target: {target}{more and ', '}{more}}}\n"


def file(*apps: str) -> str:
    return "version: 1\napps:\n" + "".join(apps or [app()])


def source(url: str = "https://x.com/a/b", secret_env: str = "S", **more: str) -> str:
    rest = "".join(f", {key}: {value}" for key, value in more.items())
    return file(app(source=f"{{url: '{url}', secret_env: {secret_env}{rest}}}"))


def steps(text: str) -> str:
    return file(app(more=f"steps: {text}"))


def train(text: str) -> str:
    return file(app(more=f"train: {text}"))


def require(text: str, more: str = "") -> str:
    return file(app(more=f"train: {{command: [a]}}, evaluate: {{command: [b], require: {text}}}{more}"))


def problems(text: str) -> tuple[str, ...]:
    """What is wrong with the text, one line each; fails when nothing is."""
    with pytest.raises(SpecError) as caught:
        parse(text)
    return caught.value.problems
