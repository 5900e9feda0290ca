"""Where code comes from: what is a repository and a branch, what is neither, and how a webhook knows it."""

import pytest

from pipeline.spec import parse
from tests.unit.spec_file import problems, source

NO_URL = "is no repository that can be pulled; write https://host/owner/name.git, git@host:owner/name.git or file:///path/name"
NO_SECRET = "is no name of an environment variable; a secret is named here, never written"

GOOD = [
    "https://github.com/acme/iris.git",
    "https://github.com/acme/iris",
    "https://github.com/acme/iris/",
    "https://github.com/acme/iris.git/",
    "https://git.example.com:8443/teams/ml/acme/iris.git",
    "https://robot@github.com/acme/iris.git",
    "http://[::1]:8080/acme/iris.git",
    "ssh://git@github.com/acme/iris.git",
    "ssh://git@github.com:2222/acme/iris",
    "git@github.com:acme/iris.git",
    "git@github.com:acme/iris/",
    "github:acme/iris.git",
    "git@host:/srv/git/acme/iris.git",
    "file:///srv/git/acme/iris.git",
    "file:///srv/git/acme/iris/",
    "/srv/git/acme/iris",
    "/srv/git/acme/iris.git/",
]

BAD = [
    "",
    "iris",
    "../acme/iris",
    "--upload-pack=x",
    "-oProxyCommand=x:a/b",
    "ext::sh -c true",
    "ext::sh%20-c%20true/a",
    "fd::17/a/b",
    "ftp://x.com/a/b",
    "https://x.com/a b/c",
    "https://x.com/a/b\tc",
    "https:///a/b",
    "https://-x/a/b",
    "ssh://-oProxyCommand=x/a/b",
    "git@-oProxyCommand=x:a/b",
]


@pytest.mark.parametrize("url", GOOD)
def test_a_repository_is_known_by_the_last_two_parts_of_its_url(url: str) -> None:
    assert parse(source(url)).apps["iris"].source.repository == "acme/iris"


@pytest.mark.parametrize("url", BAD)
def test_what_git_could_take_for_an_option_or_a_command_is_no_url(url: str) -> None:
    assert problems(source(url)) == (f"apps.iris.source.url: {NO_URL}",)


@pytest.mark.parametrize("url", ["https://x.com/iris.git", "git@x.com:iris.git", "file:///iris", "/iris/", "https://x.com//iris"])
def test_a_url_without_an_owner_can_match_no_webhook(url: str) -> None:
    told = "must end in owner/name, the name by which webhooks know the repository"
    assert problems(source(url)) == (f"apps.iris.source.url: {told}",)


@pytest.mark.parametrize("url", ["https://me:t0ken@x.com/a/b", "https://:t0ken@x.com/a/b", "http://me:@x.com/a/b"])
def test_a_password_in_the_url_is_refused_and_not_repeated(url: str) -> None:
    (told,) = problems(source(url))
    assert told.startswith("apps.iris.source.url: holds a password or token; name a variable")
    assert "t0ken" not in told


@pytest.mark.parametrize("name", ["main", "release/1.x", "feature/a-b_c", "ünï", "a@b", "#1"])
def test_a_branch_may_be_named_as_git_allows(name: str) -> None:
    assert parse(source(branch=f"'{name}'")).apps["iris"].source.ref == f"refs/heads/{name}"


@pytest.mark.parametrize(
    "name",
    [
        "",
        "*",
        "-f",
        "a..b",
        "a b",
        "a~1",
        "a^",
        "a:b",
        "a?",
        "a[b",
        "/a",
        "a/",
        "a.",
        "a//b",
        "a.lock",
        "a.lock/b",
        "@{u}",
        "@",
        ".a",
        "a/.b",
    ],
)
def test_what_git_would_not_take_is_no_branch(name: str) -> None:
    assert problems(source(branch=f"'{name}'")) == ("apps.iris.source.branch: is no name of a branch",)


def test_a_branch_is_given_without_its_prefix() -> None:
    told = "is the branch's own name, such as main, without refs/heads/"
    assert problems(source(branch="refs/heads/main")) == (f"apps.iris.source.branch: {told}",)


@pytest.mark.parametrize(("given", "names"), [("SECRET", ("SECRET",)), ("[NEW, OLD]", ("NEW", "OLD")), ("[S]", ("S",))])
def test_secrets_are_named_by_one_name_or_a_list(given: str, names: tuple[str, ...]) -> None:
    assert parse(source(secret_env=given)).apps["iris"].source.secret_env == names


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("3", "secret_env: must be text or a list of it, not the number 3"),
        ("", "secret_env: must be text or a list of it, not nothing"),
        ("{a: b}", "secret_env: must be text or a list of it, not a mapping"),
        ("[]", "secret_env: must not be empty"),
        ("[S, 3]", "secret_env[1]: must be text, not the number 3; put it in quotes"),
        ("''", f"secret_env: {NO_SECRET}"),
        ("[S, 'hunter 2']", f"secret_env[1]: {NO_SECRET}"),
        ("a-secret-by-mistake", f"secret_env: {NO_SECRET}"),
    ],
)
def test_what_is_no_name_of_a_variable_is_refused_and_not_repeated(given: str, told: str) -> None:
    assert problems(source(secret_env=given)) == (f"apps.iris.source.{told}",)


def test_a_url_that_is_a_number_must_be_text() -> None:
    text = source("https://x.com/a/b").replace("'https://x.com/a/b'", "3")
    assert problems(text) == ("apps.iris.source.url: must be text, not the number 3; put it in quotes",)


@pytest.mark.parametrize(
    ("more", "refs"),
    [
        ({}, ("refs/heads/main",)),
        ({"tags": "v*"}, ("refs/tags/v*",)),
        ({"tags": "[v*, rc-*]"}, ("refs/tags/v*", "refs/tags/rc-*")),
        ({"tags": "v*", "branch": "live"}, ("refs/heads/live", "refs/tags/v*")),
        ({"tags": "[]"}, ("refs/heads/main",)),
        ({"tags": "v*", "branch": "null"}, ("refs/tags/v*",)),
    ],
)
def test_tags_alone_mean_tags_alone(more: dict[str, str], refs: tuple[str, ...]) -> None:
    found = parse(source(**more)).apps["iris"].source
    assert (found.refs, found.ref) == (refs, next((ref for ref in refs if ref.startswith("refs/heads/")), ""))


@pytest.mark.parametrize("more", [{"branch": "null"}, {"branch": "null", "tags": "[]"}])
def test_a_source_that_follows_nothing_is_refused(more: dict[str, str]) -> None:
    assert problems(source(**more)) == ("apps.iris.source.branch: is off, and there are no tags: no push would start anything",)


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        ("tags", "refs/tags/v*", "tags: 'refs/tags/v*' is no glob on a tag's own name; write v* without refs/tags/"),
        ("tags", "['v 1']", "tags: 'v 1' is no glob on a tag's own name; write v* without refs/tags/"),
        ("tags", "['']", "tags[0]: must not be empty"),
        ("tags", "3", "tags: must be text or a list of it, not the number 3"),
        ("ignore_senders", "[3]", "ignore_senders[0]: must be text, not the number 3; put it in quotes"),
        ("id", "0", "id: must be at least 1"),
        ("id", "'42'", "id: must be a whole number, not text"),
    ],
)
def test_what_no_tag_sender_or_number_is_refused(key: str, value: str, told: str) -> None:
    assert problems(source(**{key: value})) == (f"apps.iris.source.{told}",)
