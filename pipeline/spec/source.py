"""Where an app's code comes from. Only what git takes as the name of a repository, and nothing it could take as an option or a command."""

import re
from typing import Annotated

from pydantic import AfterValidator

from pipeline.spec.values import EnvironmentName, EnvironmentNames, Mapped, Texts

_FORMS = (
    r"(https?|ssh|git)://([^/@:]+@)?[A-Za-z0-9\[][A-Za-z0-9_.\[\]:-]*/.+",
    r"file:///.+",
    r"/.+",
    r"([A-Za-z0-9_.-]+@)?[A-Za-z0-9][A-Za-z0-9_.-]*:(?!//).+",  # scp's way: git@github.com:acme/iris.git
)
_NO_BRANCH = r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//|^[-/.]|/\.|[/.]$|\.lock(/|$)|^@$"
"""https://git-scm.com/docs/git-check-ref-format"""


def _url(value: str) -> str:
    if re.match(r"[a-z]+://[^/@]*:[^/@]*@", value):
        raise ValueError("holds a password or token; name a variable with the token as token_env and take it out of the URL")
    if re.search(r"[\x00-\x20\x7f]|^-|^[A-Za-z0-9+.-]*::", value) or not any(re.fullmatch(form, value) for form in _FORMS):
        raise ValueError(
            "is no repository that can be pulled; write https://host/owner/name.git, git@host:owner/name.git or file:///path/name"
        )
    if not all(_owner_and_name(value)):
        raise ValueError("must end in owner/name, the name by which webhooks know the repository")
    return value


def _owner_and_name(url: str) -> tuple[str, str]:
    path = re.sub(r"^[a-z]+://[^/]*/", "", url).rstrip("/").removesuffix(".git")
    owner, _, name = re.sub(r"^[^/]*:", "", path).rpartition("/")
    return owner.rpartition("/")[2], name


def _branch(value: str) -> str:
    if value.startswith("refs/"):
        raise ValueError("is the branch's own name, such as main, without refs/heads/")
    if not value or re.search(_NO_BRANCH, value):
        raise ValueError("is no name of a branch")
    return value


class Source(Mapped):
    """Where the app's code comes from; ``secret_env`` and ``token_env`` name environment variables, never values."""

    url: Annotated[str, AfterValidator(_url)]
    branch: Annotated[str, AfterValidator(_branch)] = "main"
    paths: Texts = ("**",)
    secret_env: EnvironmentNames
    token_env: EnvironmentName | None = None

    @property
    def repository(self) -> str:
        """``owner/name``, as the forge calls it: the last two parts of the URL's path."""
        return "/".join(_owner_and_name(self.url))

    @property
    def ref(self) -> str:
        return f"refs/heads/{self.branch}"
