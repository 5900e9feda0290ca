"""Settings: which word counts, where secrets come from, and that none is shown."""

from contextlib import nullcontext
from pathlib import Path

import pytest

from pipeline.errors import SettingsError
from pipeline.settings import Settings
from pipeline.spec import Spec, parse
from tests.secret import secret
from tests.unit.spec_file import app, file

A, B = secret("a"), secret("b")
SPEC = parse(file(app(source="{url: 'https://x.com/acme/iris', secret_env: [NEW, OLD], token_env: TOKEN}")))


def settings(redis_url: str = "redis://127.0.0.1/0", **environment: str) -> Settings:
    return Settings(Path("pipeline.yaml"), Path(".pushrail"), redis_url, environment)


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CONFIG", "DATA_DIR", "REDIS_URL", "API_TOKEN", "API_TOKEN_FILE", "DASHBOARD_PASSWORD"):
        monkeypatch.delenv(f"PUSHRAIL_{name}", raising=False)


def test_without_a_word_everything_is_in_this_folder() -> None:
    found = Settings.from_env()
    assert (found.config, found.data_dir) == (Path.cwd() / "pipeline.yaml", Path.cwd() / ".pushrail")
    assert found.redis_url == "redis://127.0.0.1:6379/0"


def test_a_variable_beats_the_default_and_an_argument_the_variable(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, value in (("CONFIG", "/a.yaml"), ("DATA_DIR", "/a"), ("REDIS_URL", "redis://a")):
        monkeypatch.setenv(f"PUSHRAIL_{name}", value)
    found = Settings.from_env()
    assert (found.config, found.data_dir, found.redis_url) == (Path("/a.yaml"), Path("/a"), "redis://a")
    given = Settings.from_env(tmp_path / "b.yaml", tmp_path, "redis://b")
    assert (given.config, given.data_dir, given.redis_url) == (tmp_path / "b.yaml", tmp_path, "redis://b")


def test_a_blank_variable_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CONFIG", "DATA_DIR", "REDIS_URL"):
        monkeypatch.setenv(f"PUSHRAIL_{name}", "")
    assert Settings.from_env().config == Path.cwd() / "pipeline.yaml"
    assert Settings.from_env().redis_url == "redis://127.0.0.1:6379/0"


def test_a_relative_path_is_made_whole_once() -> None:
    assert Settings.from_env(Path("a.yaml")).config == Path.cwd() / "a.yaml"


@pytest.mark.parametrize("url", ["localhost:6379", "http://:hunter22@localhost", "6379", "redis://host:port", "redis://[::1"])
def test_what_is_no_redis_url_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(SettingsError, match="must be redis://") as refused:
        Settings.from_env(redis_url=url)
    assert url not in str(refused.value).replace("redis://HOST:PORT", "")


@pytest.mark.parametrize(("name", "value"), [("PUSHRAIL_API_TOKEN", "given"), ("PUSHRAIL_API_TOKEN_FILE", "/run/secrets/token")])
def test_what_was_generated_stands_in_only_for_what_is_not_set(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, value)
    found = Settings.from_env(extra={"PUSHRAIL_API_TOKEN": "generated", "PUSHRAIL_DASHBOARD_PASSWORD": "a-generated-one"})
    assert found.environment.get("PUSHRAIL_API_TOKEN", "") != "generated"
    assert found.dashboard_password() == "a-generated-one"


def test_a_variable_beats_its_file_and_both_lose_the_blanks_around_them(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(" from the file\n")
    file_of = {"NEW_FILE": str(tmp_path / "secret")}
    assert settings(**file_of).secret("NEW") == "from the file"
    assert settings(NEW=" ", **file_of).secret("NEW") == "from the file"
    assert settings(NEW=" from the variable ", **file_of).secret("NEW") == "from the variable"


@pytest.mark.parametrize("value", [None, "", " \n"])
def test_a_blank_secret_is_refused_and_says_where_to_put_it(value: str | None) -> None:
    given = {} if value is None else {"NEW": value}
    with pytest.raises(SettingsError, match=r"NEW is empty or not set; .* as NEW, or its file's path as NEW_FILE"):
        settings(**given).secret("NEW")


def test_a_blank_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("\n")
    with pytest.raises(SettingsError, match="NEW is empty"):
        settings(NEW_FILE=str(tmp_path / "secret")).secret("NEW")


@pytest.mark.parametrize(("content", "said"), [(None, "No such file"), (b"\xff\xfe", "is not UTF-8 text")])
def test_a_file_that_cannot_be_read_is_named(content: bytes | None, said: str, tmp_path: Path) -> None:
    if content:
        (tmp_path / "secret").write_bytes(content)
    with pytest.raises(SettingsError, match=rf"NEW_FILE names .*secret, which .*{said}"):
        settings(NEW_FILE=str(tmp_path / "secret")).secret("NEW")


def test_each_app_has_its_own_webhook_secrets() -> None:
    assert settings(NEW=A, OLD=B).webhook_secrets(SPEC) == {"iris": (A, B)}


def test_one_missing_webhook_secret_is_refused() -> None:
    with pytest.raises(SettingsError, match="OLD is empty or not set"):
        settings(NEW=A).webhook_secrets(SPEC)


@pytest.mark.parametrize(("value", "tokens"), [(A, (A,)), (f"{A}, {B},", (A, B)), (f" {A} ", (A,))])
def test_several_api_tokens_are_separated_by_commas(value: str, tokens: tuple[str, ...]) -> None:
    assert settings(PUSHRAIL_API_TOKEN=value).api_tokens() == tokens


@pytest.mark.parametrize("value", ["", ",", " , "])
def test_no_api_token_at_all_is_refused(value: str) -> None:
    with pytest.raises(SettingsError, match="PUSHRAIL_API_TOKEN"):
        settings(PUSHRAIL_API_TOKEN=value).api_tokens()


@pytest.mark.parametrize("value", [A[:31], f"{A},{B[:31]}", "é" * 15])
def test_an_api_token_of_less_than_32_bytes_is_refused(value: str) -> None:
    with pytest.raises(SettingsError, match=r"PUSHRAIL_API_TOKEN has 3[01] bytes; it must have 32 or more, such as `openssl rand -hex 32`"):
        settings(PUSHRAIL_API_TOKEN=value).api_tokens()


def test_32_bytes_are_enough() -> None:
    assert settings(PUSHRAIL_API_TOKEN="é" * 16).api_tokens() == ("é" * 16,)


@pytest.mark.parametrize("cut", ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2L", "whsec_" + "é" * 32, "whsec_" + "-" * 40])
def test_half_a_signing_token_is_refused_and_not_repeated(cut: str) -> None:
    with pytest.raises(SettingsError, match=r"^OLD begins like a signing token and is none that can be used; copy all of it") as refused:
        settings(NEW=A, OLD=cut).webhook_secrets(SPEC)
    assert cut not in str(refused.value)


def test_a_webhook_secret_of_less_than_32_bytes_is_refused_and_not_repeated() -> None:
    with pytest.raises(SettingsError, match=r"^OLD has 31 bytes") as refused:
        settings(NEW=A, OLD=B[:31]).webhook_secrets(SPEC)
    assert B[:31] not in str(refused.value)


@pytest.mark.parametrize(("value", "good"), [("eleven char", False), ("twelve chars", True), ("éééééééé", False)])
def test_a_password_has_twelve_characters_at_least(value: str, good: bool) -> None:
    given = settings(PUSHRAIL_DASHBOARD_PASSWORD=value)
    with nullcontext() if good else pytest.raises(SettingsError, match=r"PUSHRAIL_DASHBOARD_PASSWORD has .* characters; it must have 12"):
        assert given.dashboard_password() == value


def test_where_secrets_may_be_insecure_they_may_be_short_and_not_empty() -> None:
    given = settings(PUSHRAIL_INSECURE_SECRETS="1", NEW="a", OLD="b", PUSHRAIL_API_TOKEN="c", PUSHRAIL_DASHBOARD_PASSWORD="d")
    assert (given.webhook_secrets(SPEC), given.api_tokens(), given.dashboard_password()) == ({"iris": ("a", "b")}, ("c",), "d")
    with pytest.raises(SettingsError, match="NEW is empty"):
        settings(PUSHRAIL_INSECURE_SECRETS="1", OLD="b").webhook_secrets(SPEC)


def test_a_client_sends_a_token_of_any_length() -> None:
    assert settings(PUSHRAIL_API_TOKEN="one, two").api_token() == "one"


@pytest.mark.parametrize(("given", "named"), [({}, False), ({"NEW": " "}, False), ({"NEW": "a"}, True), ({"NEW_FILE": "/a"}, True)])
def test_a_secret_is_named_by_its_variable_or_by_its_file(given: dict[str, str], named: bool) -> None:
    assert settings(**given).names("NEW") is named


def test_nothing_secret_is_in_the_settings_repr() -> None:
    assert "hunter22" not in repr(settings("redis://:hunter22@host/0", NEW="hunter22", PUSHRAIL_API_TOKEN="hunter22"))


def hidden(spec: Spec = SPEC, redis_url: str = "redis://127.0.0.1/0", **environment: str) -> tuple[str, ...]:
    return settings(redis_url, **environment).hidden(spec)


def test_every_secret_is_hidden_longest_first() -> None:
    secrets = {"NEW": "new", "OLD": "new-and-old", "TOKEN": "git-token", "PUSHRAIL_DASHBOARD_PASSWORD": "password"}
    assert hidden(**secrets) == ("new-and-old", "git-token", "password", "new")


def test_each_api_token_is_hidden_by_itself() -> None:
    assert {"token-one", "token-two"} <= set(hidden(PUSHRAIL_API_TOKEN="token-one, token-two"))


def test_the_password_in_the_redis_url_is_hidden() -> None:
    assert hidden(redis_url="redis://user:hunter%2F22@host/0") == ("hunter%2F22", "hunter/22")


def test_a_secret_is_hidden_as_a_url_would_spell_it_too() -> None:
    assert hidden(NEW="a b/c") == ("a%20b%2Fc", "a b/c")


def test_a_secret_of_several_lines_is_hidden_line_by_line_but_for_what_stands_anywhere() -> None:
    assert {"-----BEGIN-----", "MIIEowIBAAKCAQEA"} < set(hidden(NEW="-----BEGIN-----\nMIIEowIBAAKCAQEA\nshort\n"))
    assert "short" not in hidden(NEW="-----BEGIN-----\nMIIEowIBAAKCAQEA\nshort\n")


def test_what_this_process_cannot_read_is_no_reason_to_stop(tmp_path: Path) -> None:
    assert hidden(NEW_FILE=str(tmp_path / "not mounted here"), OLD="old-secret") == ("old-secret",)


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ("https://ci.example.com/", "https://ci.example.com"),
        ("http://10.0.0.1:8080", "http://10.0.0.1:8080"),
        ("", ""),
        ("ci.example.com", ""),
    ],
)
def test_the_dashboard_s_address_is_one_that_can_be_linked_to_or_none(given: str, url: str) -> None:
    assert settings(PUSHRAIL_URL=given).url == url
