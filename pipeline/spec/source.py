"""Where an app's code comes from. Only what git takes as the name of a repository, and nothing it could take as an option or a command."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Annotated, Any

from pydantic import AfterValidator, Field, model_validator

from pipeline.spec.values import AnyTexts, EnvironmentName, EnvironmentNames, Mapped, Texts, refused

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
    owner, _, name = _path(url).rpartition("/")
    return owner.rpartition("/")[2], name


@lru_cache(maxsize=1000)
def _path(url: str) -> str:
    """The URL's path, without slashes at its ends and without ``.git``."""
    path = re.sub(r"^[a-z]+://[^/]*/", "", url).rstrip("/").removesuffix(".git")
    return re.sub(r"^[^/]*:", "", path).lstrip("/")


def _branch(value: str) -> str:
    if value.startswith("refs/"):
        raise ValueError("is the branch's own name, such as main, without refs/heads/")
    if not value or re.search(_NO_BRANCH, value):
        raise ValueError("is no name of a branch")
    return value


def _tags(globs: tuple[str, ...]) -> tuple[str, ...]:
    if wrong := next((glob for glob in globs if glob.startswith("refs/") or re.search(r"[\x00-\x20\x7f]", glob)), None):
        raise ValueError(f"{wrong!r} is no glob on a tag's own name; write v* without refs/tags/")
    return globs


class Source(Mapped):
    """Where the app's code comes from, and whose pushes start runs; ``secret_env`` and ``token_env`` name variables, never values."""

    url: Annotated[str, AfterValidator(_url)]
    branch: Annotated[str, AfterValidator(_branch)] | None = "main"
    tags: Annotated[AnyTexts, AfterValidator(_tags)] = ()
    paths: Texts = ("**",)
    secret_env: EnvironmentNames
    token_env: EnvironmentName | None = None
    id: Annotated[int, Field(ge=1)] | None = None
    ignore_senders: AnyTexts = ()

    @property
    def repository(self) -> str:
        """``owner/name``, for people to read: the last two parts of the URL's path."""
        return "/".join(_owner_and_name(self.url))

    def is_called(self, name: str) -> bool:
        """Whether a forge's full name of a repository means this one: its parts, two at least, are the last ones of the URL's path.

        What stands before them is the forge's own address: ``https://example.com/gitlab/acme/ml/iris.git`` is ``acme/ml/iris``.
        """
        return "/" in name.strip("/") and f"/{_path(self.url)}".casefold().endswith(f"/{name}".casefold())

    @property
    def project(self) -> str:
        """The URL's whole path: in GitLab, groups may stand in groups."""
        return _path(self.url)

    @property
    def ref(self) -> str:
        """The branch in full; empty when only tags are followed."""
        return f"refs/heads/{self.branch}" if self.branch else ""

    @property
    def refs(self) -> tuple[str, ...]:
        """Globs of the full refs whose pushes start runs."""
        return (*filter(None, [self.ref]), *(f"refs/tags/{glob}" for glob in self.tags))

    @property
    def filtered(self) -> bool:
        """Whether it depends on the paths that a push changed if it starts a run."""
        return self.paths != ("**",)

    @property
    def followed(self) -> str:
        """``main, tags v*``: what is followed, for people to read."""
        return ", ".join([*filter(None, [self.branch]), *(f"tags {glob}" for glob in self.tags)])

    @model_validator(mode="before")
    @classmethod
    def _tags_alone(cls, given: Any) -> Any:
        """Who names tags and no branch follows none."""
        alone = isinstance(given, Mapping) and given.get("tags") and "branch" not in given
        return {**given, "branch": None} if alone else given

    @model_validator(mode="after")
    def _follows_something(self) -> "Source":
        if not self.refs:
            raise refused("is off, and there are no tags: no push would start anything", "branch")
        return self
