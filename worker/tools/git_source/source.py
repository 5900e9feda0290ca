"""An app's repository as a bare mirror, and its commits as clean folders. The URL and the branch come from ``pipeline.yaml`` alone."""

import fcntl
import hashlib
import re
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from pipeline.errors import StepFailed, ToolError
from pipeline.globs import touches
from pipeline.spec import Source
from worker.finding import Finding, error, good
from worker.tools.git_source.command import REMOTE, Access, run

_GONE = ("not our ref", "couldn't find remote ref", "unadvertised object", "remote did not send all")
_DENIED = ("could not read Username", "could not read Password", "Authentication failed", "Permission denied", "Host key verification")
_ABSENT = ("not found", "does not appear to be a git repository", "does not exist")


class GitSource:
    """One repository seen with one credential; two credentials never share a mirror.

    Args:
        source: the app's source.
        folder: where mirrors live on this machine.
        token: for HTTPS, or None.
        silence: seconds after which a server that says nothing is given up.
    """

    def __init__(self, source: Source, folder: Path, token: str | None, silence: int = 30) -> None:
        self._source = source
        self._folder = folder
        name = hashlib.sha256(f"{source.url}\n{token or ''}".encode()).hexdigest()[:16]
        self._mirror = folder / f"{name}.git"
        self._access = Access(urlsplit(source.url).netloc.rpartition("@")[2], token or "", silence)

    def preflight(self) -> Iterator[Finding]:
        """Look whether what the app follows can be seen with the credential; leaves nothing behind. Raises what ``tip`` does."""
        with tempfile.TemporaryDirectory() as scratch:
            apart = GitSource(self._source, Path(scratch), self._access.token, self._access.silence)
            try:
                yield good("git", f"{self._source.url}: {apart._standing()}")
            except ToolError as away:
                if not away.transient:
                    raise
                yield error("git", f"{away.reason}; see that source.url can be reached from here")

    def _standing(self) -> str:
        if self._source.ref:
            return f"{self._source.branch} is at {self.tip()[:12]}"
        tags = [ref for ref in self._refs("refs/tags/*") if touches([ref], self._source.refs)]
        return f"{len(tags)} tags match {' and '.join(self._source.tags)}"

    def tip(self) -> str:
        """The commit the branch is at now; StepFailed when there is no such branch."""
        found = self._refs(self._source.ref).get(self._source.ref)
        if found is None:
            raise StepFailed(f"{self._source.url} has no branch {self._source.branch}; check source.branch")
        return found

    def tagged(self, ref: str) -> str:
        """The commit a tag stands for now; StepFailed when there is no such tag.

        Args:
            ref: the tag in full, ``refs/tags/…``.
        """
        peeled = f"{ref}^{{}}"  # of an annotated tag git tells the tag object, and so the commit it points at
        found = self._refs(ref, peeled)
        if ref not in found:
            raise StepFailed(f"{self._source.url} has no tag {ref.removeprefix('refs/tags/')} any more")
        return found.get(peeled, found[ref])

    def _refs(self, *patterns: str) -> dict[str, str]:
        """The commits of the refs that match; git also answers refs that only end like a pattern."""
        said = self._git("ls-remote", "--end-of-options", self._source.url, *patterns)
        return {ref: commit for commit, _, ref in (line.partition("\t") for line in said.splitlines())}

    def export(self, commit: str, destination: Path) -> None:
        """Bring a commit into the mirror if it is not there and write its files, and nothing else, into ``destination``.

        Raises:
            StepFailed: the repository no longer has the commit.
        """
        self._bring(commit)
        destination.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self._folder) as scratch:
            apart = {"GIT_INDEX_FILE": f"{scratch}/index", "GIT_WORK_TREE": str(destination)}
            self._git("read-tree", commit, env=apart)
            self._git("checkout-index", "--all", "--force", env=apart)

    def subject(self, commit: str) -> str:
        """The first line of an exported commit's message, without what cannot be printed."""
        said = self._git("log", "-1", "--format=%s", "--end-of-options", commit)
        return "".join(character for character in said if character.isprintable())

    def message(self, commit: str) -> str:
        """A commit's whole message; raises what ``export`` does."""
        self._bring(commit)
        return self._git("log", "-1", "--format=%B", "--end-of-options", commit)

    def is_ancestor(self, old: str, new: str) -> bool:
        """Whether ``new`` was built upon ``old``, or is the same; not when the repository no longer has one of them."""
        try:
            self._bring(new)
        except StepFailed:
            return False
        return self._leads(old, new)

    def changed(self, before: str, after: str) -> list[str]:
        """Every path that differs between two commits; of one that was moved, both.

        Raises:
            StepFailed: the repository no longer has one of them.
        """
        self._bring(after)
        if not self._leads(before, after):  # else it came along
            self._bring(before)
        said = self._git("diff-tree", "-r", "-z", "--name-only", "--no-renames", "--end-of-options", before, after)
        return said.split("\0")[:-1]

    def _leads(self, old: str, new: str) -> bool:
        """Whether ``new`` is in the mirror and goes back to ``old``; StepFailed when either is no commit id."""
        _check(old, new)
        try:
            self._git("merge-base", "--is-ancestor", old, new)
        except ToolError:
            return False
        return True

    def _bring(self, commit: str) -> None:
        """Have it in the mirror; StepFailed when there is no such commit."""
        _check(commit)
        if not self._has(commit):
            self._fetch(commit)

    def _has(self, commit: str) -> bool:
        """Whether the commit came in whole: its objects alone may be what a killed fetch left."""
        try:
            self._git("rev-parse", "--verify", "--quiet", _kept(commit))
        except ToolError:
            return False
        return True

    def _fetch(self, commit: str) -> None:
        # a private ref keeps the commit from git's own clean-up; unlocked fetches into one mirror fail with "cannot lock ref"
        with self._locked() as lock:
            if self._has(commit):
                return
            self._ensure_mirror()
            try:
                self._git("fetch", "--no-tags", "--end-of-options", self._source.url, f"+{commit}:{_kept(commit)}", lock=lock)
            except ToolError as error:
                if any(mark in str(error) for mark in _GONE):
                    raise StepFailed(f"{self._source.url} no longer has commit {commit}; it was overwritten by a forced push") from error
                raise

    def _ensure_mirror(self) -> None:
        """Make the mirror in one go, or take away what a killed fetch left in it; ours is the only one under way."""
        if not self._mirror.exists():
            with tempfile.TemporaryDirectory(dir=self._folder) as scratch:
                self._git("init", "--bare", "--quiet", "--template=", env={"GIT_DIR": f"{scratch}/mirror"})
                (Path(scratch) / "mirror").rename(self._mirror)
        left = (self._mirror.glob("*.lock"), (self._mirror / "refs").rglob("*.lock"), (self._mirror / "objects/pack").glob("tmp_*"))
        for path in (path for found in left for path in found):
            path.unlink(missing_ok=True)

    @contextmanager
    def _locked(self) -> Iterator[int]:
        """Hold the mirror; git inherits the lock, so that one that outlives a killed worker is not disturbed."""
        self._folder.mkdir(parents=True, exist_ok=True)
        with self._mirror.with_suffix(".flock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield lock.fileno()

    def _git(self, *args: str, env: Mapping[str, str] | None = None, lock: int | None = None) -> str:
        self._folder.mkdir(parents=True, exist_ok=True)
        code, output, said = run(args, self._folder, {"GIT_DIR": str(self._mirror), **(env or {})}, self._access, lock)
        if code:
            raise self._error(args[0], said)
        return output.rstrip("\n")

    def _error(self, verb: str, said: str) -> ToolError:
        if verb in REMOTE and any(mark in said for mark in _DENIED):
            return ToolError("git", f"{self._source.url} lets us not in; check source.token_env, or the key for ssh: {said}")
        if verb in REMOTE and any(mark in said for mark in _ABSENT):
            return ToolError("git", f"there is no repository at {self._source.url}, or it is hidden from us; check source.url: {said}")
        return ToolError("git", f"{verb} failed: {said}", transient=verb in REMOTE)


def _check(*commits: str) -> None:
    for commit in commits:
        if not re.fullmatch(r"[0-9a-f]{40}|[0-9a-f]{64}", commit):
            raise StepFailed(f"{commit!r} is no commit id")


def _kept(commit: str) -> str:
    return f"refs/pushrail/{commit}"
