"""A build of the Jenkinsfile without Jenkins: its own shell steps, run the way Jenkins runs them."""

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

TEXT = (Path(__file__).parents[2] / "Jenkinsfile").read_text("utf-8")
STEPS = dict(re.findall(r"sh label: '([^']+)', script: '''(.*?)'''", TEXT, re.DOTALL))

_SPY = """#!/bin/sh
echo "$0 $*" >> "$SPIED"
if [ "$(wc -l < "$SPIED")" -le "${BROKEN_CALLS:-0}" ]; then exit 56; fi
exec {curl} "$@"
"""


@dataclass(frozen=True)
class Build:
    """``folder`` is the build's workspace; ``arguments`` are those of every curl it started."""

    folder: Path
    variables: Mapping[str, str]

    def step(self, label: str, **variables: str) -> "subprocess.CompletedProcess[str]":
        """Run one step to its end."""
        with self.started(label, **variables) as process:
            said, _ = process.communicate(timeout=60)
        return subprocess.CompletedProcess(process.args, process.returncode, said)

    def started(self, label: str, **variables: str) -> "subprocess.Popen[str]":
        """Begin a step: a file for ``sh -xe``, with both outputs in the log and in a process group of its own."""
        script = self.folder.parent / "script.sh"
        script.write_text(STEPS[label])
        return subprocess.Popen(
            ["/bin/sh", "-xe", str(script)],
            cwd=self.folder,
            env={**self.variables, **variables},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    @property
    def run(self) -> str:
        return (self.folder / "pushrail-run").read_text().strip()

    @property
    def arguments(self) -> str:
        return (self.folder.parent / "spied").read_text()


def build(folder: Path, **variables: str) -> Build:
    """Make a workspace, and put in front of curl a program that notes its arguments."""
    programs, workspace = folder / "bin", folder / "workspace"
    programs.mkdir(parents=True)
    workspace.mkdir()
    curl = programs / "curl"
    curl.write_text(_SPY.replace("{curl}", str(shutil.which("curl"))))
    curl.chmod(0o755)
    path = f"{programs}{os.pathsep}{os.environ['PATH']}"
    return Build(workspace, {"PATH": path, "SPIED": str(folder / "spied"), "COMMIT": "", **variables})
