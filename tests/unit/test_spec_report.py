"""The key ``report``: whom the forge is told about an app's runs."""

import pytest

from pipeline.spec import parse
from pipeline.spec.report import Report
from tests.unit.spec_file import SOURCE, app, file, problems

OTHER = "{kind: local, port: 9001}"


def report(text: str) -> str:
    return file(app(more=f"report: {text}"))


def read(text: str) -> Report:
    found = parse(report(text)).apps["iris"].report
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("{token_env: T}", "https://api.github.com"),
        ("{token_env: T, api: https://github.example.com/api/v3/}", "https://github.example.com/api/v3"),
        ("{token_env: T, forge: gitlab}", "https://gitlab.com/api/v4"),
        ("{token_env: T, forge: gitea, api: http://gitea:3000/api/v1}", "http://gitea:3000/api/v1"),
    ],
)
def test_the_address_is_the_public_forge_s_own_or_the_one_given(text: str, address: str) -> None:
    assert read(text).address == address


def test_an_app_without_it_tells_nobody() -> None:
    assert parse(file()).apps["iris"].report is None


@pytest.mark.parametrize(("text", "deployments"), [("", False), (", deployments: false", False), (", deployments: staging", "staging")])
def test_deployments_name_their_environment(text: str, deployments: object) -> None:
    assert read(f"{{token_env: T{text}}}").deployments == deployments


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{}", "apps.iris.report.token_env: is missing"),
        ("{token_env: T, forge: gitea}", "apps.iris.report.api: is required with forge gitea, such as https://gitea.example.com/api/v1"),
        ("{token_env: T, forge: gitlab, deployments: production}", "apps.iris.report.deployments: are known to GitHub alone"),
        ("{token_env: T, deployments: true}", "apps.iris.report.deployments: must be false or the environment's name, such as production"),
        (
            "{token_env: T, api: 'https://me:secret@github.example.com'}",
            "apps.iris.report.api: must be the API's address, such as https://github.example.com/api/v3",
        ),
    ],
)
def test_what_cannot_be_meant_is_told(text: str, problem: str) -> None:
    assert problems(report(text)) == (problem,)


def test_its_token_is_a_secret_like_others() -> None:
    assert parse(report("{token_env: FORGE_TOKEN}")).apps["iris"].secret_names == ("FORGE_TOKEN",)


@pytest.mark.parametrize(("context", "refused"), [("", True), (", context: pushrail/rose", False)])
def test_two_apps_of_one_repository_need_a_context_each(context: str, refused: bool) -> None:
    rose = app(source=SOURCE, target=OTHER, name="rose", more=f"report: {{token_env: T{context}}}")
    text = file(app(more="report: {token_env: T}"), rose)
    if refused:
        assert problems(text) == ("apps.rose.report.context: is what iris tells of the same commits under; give each its own",)
    else:
        parse(text)
