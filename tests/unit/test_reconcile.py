"""Whose branch is looked at."""

from pipeline.spec import parse
from tests.unit.spec_file import app, file
from worker.reconcile import followed


def test_an_app_that_is_switched_off_or_follows_tags_alone_is_not_looked_after() -> None:
    tags = app(name="tags", source="{url: https://github.com/acme/iris.git, secret_env: S, tags: 'v*'}", target="{kind: local, port: 9001}")
    off = app(name="switched-off", target="{kind: local, port: 9002}", more="enabled: false")
    assert [found.name for found in followed(parse(file(app(), tags, off)))] == ["iris"]
