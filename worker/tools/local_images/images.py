"""Images without an engine: immutable folders named by the digest of what they hold; tags are small files that name one.

Seen whole or not at all, whatever is killed: a folder is filled beside its place and renamed into it. For the one machine that
``local_target`` runs them on.
"""

import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import partial
from pathlib import Path

from pipeline.errors import StepFailed, TagTaken, ToolError
from worker import tree
from worker.finding import Finding, error, good
from worker.tool import Command, Log, StoredImage
from worker.tools.local_images import command as local_command
from worker.tools.local_images import environment as local_environment
from worker.tools.local_images import folder as local_folder
from worker.tools.local_images.file_lock import locked
from worker.tools.local_images.image import MANIFEST, LocalImage, manifest
from worker.tools.packaging.content import packaged
from worker.tools.packaging.content import replace as put_in_place
from worker.tools.packaging.dockerfile import ENVIRONMENT, read


class LocalImages:
    """One app's images below ``root``.

    Args:
        variables: the worker's own environment; only what leads pip to its index is taken from it.
    """

    def __init__(self, app: str, root: Path, variables: Mapping[str, str]) -> None:
        self._app = app
        self._variables = variables
        self._environments = root / "environments"
        self._runs = root / "runs"
        self._images = root / "images" / app
        self._tags = root / "tags" / app

    def preflight(self) -> Iterator[Finding]:
        """See ``Images``. What is needed is a folder to write to; it is made at the first run."""
        there = next(folder for folder in (self._images, *self._images.parents) if folder.exists())
        if os.access(there, os.W_OK | os.X_OK):
            yield good("images", f"environments and release folders are made below {self._runs.parent}")
        else:
            yield error("images", f"{there} cannot be written to; give it to the user Pushrail runs as, or name another with --data-dir")

    def environment(self, workspace: Path, log: Log) -> str | None:
        dockerfile = read(workspace)
        if dockerfile.stage(ENVIRONMENT) is None:
            return None
        return local_environment.find_or_make(self._environments, workspace, dockerfile, self._variables, log)

    def run(self, environment: str, command: Command, workspace: Path, log: Log) -> None:
        dockerfile = read(workspace)
        stage = dockerfile.stage(ENVIRONMENT)
        programs = local_environment.programs(self._environments, environment)
        command = replace(command, variables={**(dockerfile.variables(stage) if stage else {}), **command.variables})
        local_command.run(self._runs, self._app, programs, command, workspace, log)

    def find(self, label: str, value: str) -> StoredImage | None:
        having = [stored for stored in self.stored() if stored.labels.get(label) == value]
        return max(having, key=lambda stored: stored.created_at, default=None)

    def build(self, workspace: Path, labels: Mapping[str, str], log: Log) -> StoredImage:
        dockerfile = read(workspace)
        environment = local_environment.find_or_make(self._environments, workspace, dockerfile, self._variables, log)
        what = {
            "command": dockerfile.command(dockerfile.served),
            "environment": environment,
            "labels": dict(labels),
            "variables": dockerfile.variables(dockerfile.served),
        }
        with self._locked():
            return self._stored(self._packaged(workspace, json.dumps(what, sort_keys=True)), self._tagged())

    def tag(self, image_id: str, tag: str, log: Log) -> str:
        with self._locked():
            self._folder(image_id)
            if self._tagged().get(tag, image_id) != image_id:
                raise TagTaken("images", f"{self._app}:{tag} stands for other content, and a tag is never moved; choose another")
            local_folder.write_atomically(self._tags / tag, image_id)
        return self._reference(image_id)

    def stored(self) -> Sequence[StoredImage]:
        tagged = self._tagged()
        return [self._stored(folder, tagged) for folder in sorted(self._images.glob("sha256-*"))]

    def has(self, reference: str) -> bool:
        return self._place(reference).is_dir()

    def remove(self, image_id: str) -> int:
        with self._locked():
            folder = self._place(image_id)
            if not folder.is_dir():
                return 0
            freed = local_folder.size(folder)
            for tag in [tag for tag, tagged in self._tagged().items() if tagged == image_id]:
                (self._tags / tag).unlink()
            shutil.rmtree(folder.rename(folder.with_name(f".{folder.name}")))
            return freed

    def extract(self, image: str, path: str, destination: Path) -> None:
        source = self._folder(image) / "code" / path.strip("/")
        if not source.exists():
            raise StepFailed(f"{path} is not in {image}: see that .dockerignore does not leave it out")
        put_in_place(destination, partial(local_folder.copy_plain, source))

    def unpack(self, image: str) -> LocalImage:
        """What it takes to run an image, by id or reference; ToolError when it or its environment is gone."""
        folder = self._folder(image)
        what = manifest(folder)
        programs = local_environment.programs(self._environments, what["environment"])
        return LocalImage(folder / "code", tuple(what["command"]), programs, what["variables"])

    def _locked(self) -> AbstractContextManager[int]:
        return locked(self._images / ".lock")

    def _reference(self, image_id: str) -> str:
        return f"local/{self._app}@{image_id}"

    def _folder(self, image: str) -> Path:
        """Where an image lies, by id or reference; ToolError when it is none of this app's."""
        folder = self._place(image)
        if not folder.is_dir():
            raise ToolError("images", f"there is no image {image} of {self._app}; it may have been pruned, so build it again")
        return folder

    def _place(self, image: str) -> Path:
        match = re.fullmatch(rf"(?:{re.escape(self._reference(''))})?sha256:([0-9a-f]{{64}})", image)
        return self._images / f"sha256-{match[1] if match else ''}"

    def _packaged(self, workspace: Path, what: str) -> Path:
        """Fill a folder beside its place and rename it into that place, unless its like is there."""
        self._sweep()
        draft = Path(tempfile.mkdtemp(prefix=".", dir=self._images))
        local_folder.copy_paths(workspace, packaged(workspace), draft / "code")
        folder = self._images / f"sha256-{tree.combined(what, tree.digest(draft / 'code'))}"
        if folder.exists():
            shutil.rmtree(draft)
            return folder
        (draft / MANIFEST).write_text(what, "utf-8")
        local_folder.read_only(draft)
        return draft.rename(folder)

    def _sweep(self) -> None:
        """Delete what was left by a worker killed while it filled or deleted a folder."""
        for left in [path for path in self._images.glob(".*") if path.is_dir()]:
            shutil.rmtree(left)

    def _tagged(self) -> dict[str, str]:
        return {path.name: path.read_text("utf-8") for path in self._tags.glob("*") if not path.name.startswith(".")}

    def _stored(self, folder: Path, tagged: Mapping[str, str]) -> StoredImage:
        image_id = folder.name.replace("-", ":")
        names = [f"{self._app}:{tag}" for tag in sorted(tagged) if tagged[tag] == image_id]
        return StoredImage(
            id=image_id,
            labels=manifest(folder)["labels"],
            tags=(*names, self._reference(image_id)) if names else (),
            created_at=(folder / MANIFEST).stat().st_mtime,
            size=local_folder.size(folder),
        )
