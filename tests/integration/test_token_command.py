"""``pushrail token`` against a real server."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cli.main import main
from pipeline.store import Store
from pipeline.token import Scope, read
from pipeline.tokens import Tokens
from tests.hook import SPEC_TEXT, TOKEN, settings
from tests.keys import kept
from tests.served import served

Said = Callable[..., Result]


@pytest.fixture(scope="module")
def address(redis_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with served(settings(redis_server), SPEC_TEXT, tmp_path_factory.mktemp("server"), workers=1) as (address, _):
        yield address


@pytest.fixture
def said(address: str, redis_url: str, tmp_path: Path) -> Said:
    """The command, asking a server whose Redis was emptied for this test."""

    def command(*words: str, token: str = TOKEN) -> Result:
        environment = {"PUSHRAIL_URL": address, "PUSHRAIL_API_TOKEN": token, "PUSHRAIL_DATA_DIR": str(tmp_path)}
        return CliRunner().invoke(main, ["token", *words], env=environment)

    return command


def test_a_token_is_made_used_listed_and_revoked(said: Said, store: Store) -> None:
    made = said("create", "ada-laptop", "--scope", "admin", "--expires", "90d")
    credential = read(made.stdout.strip())
    assert (made.exit_code, credential is not None) == (0, True), made.output
    assert credential is not None
    assert f"token {credential.id} of ada-laptop may admin and ends " in made.stderr

    listed = said("list", token=credential.text).stdout
    assert listed.startswith(f"{credential.id}  counts   admin    ada-laptop")
    assert "made by PUSHRAIL_API_TOKEN" in listed

    assert said("revoke", credential.id).stdout == f"pushrail: token {credential.id} is revoked\n"
    assert f"{credential.id}  revoked" in said("list").stdout
    refused = said("list", token=credential.text)
    assert (refused.exit_code, "it has ended" in refused.stderr) == (1, True)


def test_nothing_but_the_secret_is_on_stdout(said: Said) -> None:
    made = said("create", "jenkins", "--scope", "trigger", "--expires", "never")
    assert read(made.stdout.removesuffix("\n")) is not None
    assert "does not end by itself" in made.stderr
    assert made.stdout.strip() not in made.stderr


def test_without_a_token_the_list_says_so(said: Said) -> None:
    assert said("list").stdout == "there is no token yet\n"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("create", "Jenkins", "--scope", "read", "--expires", "1d"), "name must be"),
        (("create", "jenkins", "--scope", "read", "--expires", "soon"), "expires must be hours or days"),
        (("revoke", "0123456789"), "there is no token 0123456789"),
        (("revoke", "../runs"), "not found"),
    ],
)
def test_what_the_server_refuses_is_said_in_its_words(said: Said, words: tuple[str, ...], told: str) -> None:
    result = said(*words)
    assert (result.exit_code, result.stdout) == (1, "")
    assert told in result.stderr


@pytest.mark.parametrize("words", [("create", "jenkins"), ("create", "jenkins", "--scope", "root", "--expires", "1d"), ("create",)])
def test_scope_and_end_are_always_said(said: Said, words: tuple[str, ...]) -> None:
    assert said(*words).exit_code == 2


def test_a_lesser_token_makes_none(said: Said, store: Store) -> None:
    result = said("create", "mine", "--scope", "admin", "--expires", "1d", token=kept(store.redis, Scope.TRIGGER, "jenkins").text)
    assert (result.exit_code, "needs the scope admin, and jenkins has trigger" in result.stderr) == (1, True)
    assert len(Tokens(store.redis).all()) == 1
