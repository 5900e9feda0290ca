"""A Dockerfile as text that says things: its stages, what they stand on and copy, what the last one runs. Builds nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Template

from pipeline.errors import StepFailed
from worker.tools.packaging.instruction import Instruction, instructions

ENVIRONMENT = "environment"
SERVE = "serve"


@dataclass(frozen=True, slots=True)
class Stage:
    """``FROM base AS name`` on line ``start``, counted from 0, and what follows it; ``end`` is the line after its last."""

    name: str
    base: str
    start: int
    end: int
    instructions: tuple[Instruction, ...]


@dataclass(frozen=True, slots=True)
class Dockerfile:
    """``arguments`` are the ``ARG`` defaults before the first ``FROM``; there is at least one stage."""

    text: str
    stages: tuple[Stage, ...]
    arguments: Mapping[str, str]

    def stage(self, name: str) -> Stage | None:
        return next((stage for stage in self.stages if stage.name == name), None)

    @property
    def served(self) -> Stage:
        """The stage that is released: ``serve``, or else the last."""
        return self.stage(SERVE) or self.stages[-1]

    def until_end_of(self, stage: Stage) -> str:
        """The instructions up to the stage's end, one a line, without comments."""
        head = "\n".join(self.text.splitlines()[: stage.end])
        return "\n".join(f"{instruction.name} {instruction.value}" for instruction in instructions(head))

    def images(self, stage: Stage) -> tuple[str, ...]:
        """The images from elsewhere that the stages up to this one stand on or copy from."""
        stages = self._until(stage)
        copied = [instruction.origin for part in stages for instruction in part.instructions if instruction.origin]
        own = {part.name for part in stages} | {str(number) for number in range(len(stages))} | {"scratch"}
        return tuple(dict.fromkeys(image for image in [*(part.base for part in stages), *copied] if image not in own))

    def sources(self, stage: Stage) -> tuple[str, ...]:
        """The paths and patterns that the stages up to this one copy from the workspace; one that still holds ``$`` is unknown."""
        return tuple(
            Template(source).safe_substitute(self._set(part, ("ARG", "ENV")))
            for part in self._until(stage)
            for instruction in part.instructions
            for source in instruction.sources
        )

    def standing_on(self, image: str, stage: Stage) -> str:
        """The text with ``image`` in place of all that made this stage."""
        lines = self.text.splitlines()
        return "\n".join([*lines[: stage.start], f"FROM {image} AS {stage.name}", *lines[stage.end :], ""])

    def variables(self, stage: Stage) -> dict[str, str]:
        """``ENV`` of the stage and of those it stands on, without what only its base image could resolve."""
        return {key: value for key, value in self._set(stage, ("ENV",)).items() if "$" not in value}

    def command(self, stage: Stage) -> tuple[str, ...]:
        """``ENTRYPOINT`` and ``CMD`` as they stand at the end of the stage.

        Raises:
            StepFailed: there is none, or one is written for a shell.
        """
        last = {instruction.name: instruction for part in self._chain(stage) for instruction in part.instructions}
        forms = [last[name].exec_form for name in ("ENTRYPOINT", "CMD") if name in last]
        words = tuple(word for form in forms if form for word in form)
        if not words or None in forms:
            raise StepFailed('Dockerfile: the last stage needs a CMD in exec form, such as CMD ["python", "server.py"]')
        return words

    def _until(self, stage: Stage) -> tuple[Stage, ...]:
        """The stages up to and with this one: all that can decide it."""
        return self.stages[: self.stages.index(stage) + 1]

    def _set(self, stage: Stage, names: tuple[str, ...]) -> dict[str, str]:
        """What instructions of these names set, with what was set before put in its place."""
        found = dict(self.arguments)
        result: dict[str, str] = {}
        for instruction in (instruction for part in self._chain(stage) for instruction in part.instructions):
            if instruction.name in ("ARG", "ENV"):
                new = {key: Template(value).safe_substitute(found) for key, value in instruction.pairs.items()}
                found |= new
                result |= new if instruction.name in names else {}
        return result

    def _chain(self, stage: Stage) -> tuple[Stage, ...]:
        """The stage behind those it stands on."""
        below = self.stage(stage.base)
        return (*self._chain(below), stage) if below is not None and below.start < stage.start else (stage,)


def read(workspace: Path) -> Dockerfile:
    """Read the workspace's ``Dockerfile``; StepFailed when there is none or it has no stage."""
    try:
        return parse((workspace / "Dockerfile").read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise StepFailed("there is no readable Dockerfile at the root of the repository; add one, docs/app.md says how") from error


def parse(text: str) -> Dockerfile:
    """Read the text of a Dockerfile; StepFailed when it has no ``FROM``."""
    found = tuple(instructions(text))
    starts = [number for number, instruction in enumerate(found) if instruction.name == "FROM"]
    if not starts:
        raise StepFailed("Dockerfile: there is no FROM; begin with one, docs/app.md says how")
    arguments = {key: value for instruction in found[: starts[0]] for key, value in instruction.pairs.items()}
    parts = [found[start:end] for start, end in zip(starts, [*starts[1:], len(found)], strict=True)]
    ends = [*(part[0].line for part in parts[1:]), len(text.splitlines())]
    return Dockerfile(text, tuple(_stage(part, end, arguments) for part, end in zip(parts, ends, strict=True)), arguments)


def _stage(part: tuple[Instruction, ...], end: int, arguments: Mapping[str, str]) -> Stage:
    words = [word for word in part[0].value.split() if not word.startswith("--")]
    base = Template(words[0] if words else "").safe_substitute(arguments)
    name = words[2].lower() if len(words) > 2 and words[1].lower() == "as" else ""
    return Stage(name, base, part[0].line, end, part[1:])
