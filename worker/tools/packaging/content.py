"""Which paths of a workspace count, what the copied ones come to as a hash, and how a result gets into its place. Knows no engine."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path, PurePosixPath

from docker.utils.build import exclude_paths

from pipeline.errors import StepFailed
from worker import tree


def everything(root: Path) -> list[str]:
    """All files, folders and symbolic links below ``root``, relative to it; links are not followed."""
    return [Path(folder, name).relative_to(root).as_posix() for folder, folders, files in os.walk(root) for name in (*folders, *files)]


def packaged(root: Path) -> list[str]:
    """What of ``root`` goes into an image: everything that ``.dockerignore`` does not leave out.

    The rules are the engine's: https://docs.docker.com/build/concepts/context/#dockerignore-files
    """
    ignore = root / ".dockerignore"
    lines = [line.strip() for line in ignore.read_text("utf-8").splitlines()] if ignore.is_file() else []
    return sorted(exclude_paths(root, [line for line in lines if line and not line.startswith("#")]))


def copied_digest(workspace: Path, sources: Iterable[str]) -> str:
    """One hash of all that ``COPY`` takes for these sources; of everything for a source that only the engine can resolve."""
    return tree.digest(workspace, [pattern for source in sources for pattern in _patterns(workspace, source)])


def replace(target: Path, fetch: Callable[[Path], None]) -> None:
    """Put what ``fetch`` writes to the path it is given in the place of ``target``, which stays as it is when that fails."""
    with tempfile.TemporaryDirectory(prefix="pushrail-") as folder:
        fetch(Path(folder, target.name))
        if target.is_dir() and not target.is_symlink():
            shutil.rmtree(target)
        else:
            target.unlink(missing_ok=True)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(Path(folder, target.name), target)


def bring_back(workspace: Path, path: str, fetch: Callable[[Path], None]) -> None:
    """Replace ``path`` in the workspace; StepFailed when it leads out of it, by a link of the repository too."""
    target = workspace / path.strip("/")
    if target.name in ("", "..") or not target.parent.resolve().is_relative_to(workspace.resolve()):
        raise StepFailed(f"{path} does not lie inside the repository; name a file or folder in it")
    replace(target, fetch)


def _patterns(workspace: Path, source: str) -> tuple[str, ...]:
    """Globs for what a source takes; behind a link also for what it leads to."""
    plain = PurePosixPath("/", source).relative_to("/").as_posix()
    if plain == "." or "$" in plain or ".." in plain.split("/"):
        return ("**",)
    end = os.path.relpath((workspace / plain).resolve(), workspace.resolve())
    names = (plain, end) if not end.startswith("..") else (plain,)
    return tuple(pattern for name in names for pattern in (name, f"{name}/**"))
