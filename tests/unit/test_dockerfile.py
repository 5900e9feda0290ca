"""What a Dockerfile says of its stages, read as text."""

import pytest

from pipeline.errors import StepFailed
from worker.tools.packaging.dockerfile import Dockerfile, Stage, parse

APP = """\
# syntax=docker/dockerfile:1
ARG PYTHON=3.11
FROM python:${PYTHON}-slim AS environment
WORKDIR /app
ENV MODE=fast GREETING="hello you" PATH=/opt/bin:$PATH
# what is installed
COPY requirements.txt \\
  # and what bounds it
  constraints.txt ./

RUN pip install \\
    -r requirements.txt
FROM environment AS serve
ENV MODE slow but sure
COPY --chown=1:1 *.py ./
COPY model/ model/
CMD ["gunicorn", "server:app"]
"""


def stage(dockerfile: Dockerfile, name: str) -> Stage:
    found = dockerfile.stage(name)
    assert found is not None
    return found


def test_stages_are_known_by_name_and_base() -> None:
    assert [(it.name, it.base) for it in parse(APP).stages] == [("environment", "python:3.11-slim"), ("serve", "environment")]


def test_stage_names_are_read_in_any_case() -> None:
    assert parse("from --platform=linux/amd64 python:3 as Environment\n").stages[0].name == "environment"


def test_text_until_a_stage_ends_has_no_remarks_and_nothing_after_it() -> None:
    dockerfile = parse(APP)
    assert dockerfile.until_end_of(stage(dockerfile, "environment")).splitlines() == [
        "ARG PYTHON=3.11",
        "FROM python:${PYTHON}-slim AS environment",
        "WORKDIR /app",
        'ENV MODE=fast GREETING="hello you" PATH=/opt/bin:$PATH',
        "COPY requirements.txt   constraints.txt ./",
        "RUN pip install     -r requirements.txt",
    ]


@pytest.mark.parametrize(
    ("line", "sources"),
    [
        ("COPY requirements.txt .", ("requirements.txt",)),
        ("COPY --chown=1:1 --chmod=644 a b/ ./", ("a", "b/")),
        ('COPY ["with space.txt", "./"]', ("with space.txt",)),
        ("ADD https://example.com/a.tar local.txt ./", ("local.txt",)),
        ("COPY --from=builder /out /out", ()),
        ("COPY --chown=1 --from=builder /out /out", ()),
        ("ARG FILE=a.txt\nCOPY $FILE ./", ("a.txt",)),
        ("COPY ${FILE:-a.txt} ./", ("${FILE:-a.txt}",)),
        ("RUN cp a b", ()),
    ],
)
def test_sources_are_what_is_copied_from_the_workspace(line: str, sources: tuple[str, ...]) -> None:
    dockerfile = parse(f"FROM scratch\n{line}\n")
    assert dockerfile.sources(dockerfile.stages[0]) == sources


def test_sources_of_later_stages_do_not_count() -> None:
    dockerfile = parse(APP)
    assert dockerfile.sources(stage(dockerfile, "environment")) == ("requirements.txt", "constraints.txt")


def test_images_are_those_from_elsewhere_that_a_stage_stands_on_or_copies_from() -> None:
    text = "FROM a:1 AS build\nFROM b:2 AS environment\nCOPY --from=build /x /x\nCOPY --from=c:3 /y /y\nCOPY --from=0 /z /z\nFROM d:4\n"
    dockerfile = parse(text)
    assert dockerfile.images(stage(dockerfile, "environment")) == ("a:1", "b:2", "c:3")


def test_scratch_is_no_image() -> None:
    dockerfile = parse("FROM scratch\n")
    assert dockerfile.images(dockerfile.stages[0]) == ()


def test_an_image_takes_the_place_of_a_stage() -> None:
    dockerfile = parse(APP)
    text = dockerfile.standing_on("made:1", stage(dockerfile, "environment"))
    assert text.splitlines()[:4] == [
        "# syntax=docker/dockerfile:1",
        "ARG PYTHON=3.11",
        "FROM made:1 AS environment",
        "FROM environment AS serve",
    ]
    assert parse(text).stage("serve") is not None


def test_variables_are_inherited_and_those_of_the_base_image_left_out() -> None:
    dockerfile = parse(APP)
    assert dockerfile.variables(dockerfile.served) == {"MODE": "slow but sure", "GREETING": "hello you"}


@pytest.mark.parametrize(
    ("text", "command"),
    [
        (APP, ("gunicorn", "server:app")),
        ('FROM a\nCMD ["b"]\nCMD ["c"]\n', ("c",)),
        ('FROM a AS one\nCMD ["b"]\nFROM one\n', ("b",)),
        ('FROM a\nENTRYPOINT ["b"]\nCMD ["c"]\n', ("b", "c")),
        ('FROM a AS serve\nCMD ["b"]\nFROM a AS tests\nCMD ["c"]\n', ("b",)),
    ],
)
def test_command_is_that_of_the_released_stage(text: str, command: tuple[str, ...]) -> None:
    dockerfile = parse(text)
    assert dockerfile.command(dockerfile.served) == command


@pytest.mark.parametrize("line", ["", "CMD python server.py", "CMD []", 'ENTRYPOINT ./start\nCMD ["a"]'])
def test_command_that_is_not_in_exec_form_is_refused(line: str) -> None:
    dockerfile = parse(f"FROM a\n{line}\n")
    with pytest.raises(StepFailed, match="exec form"):
        dockerfile.command(dockerfile.served)


@pytest.mark.parametrize("text", ["", "# nothing\n", "RUN true\n"])
def test_text_without_a_stage_is_refused(text: str) -> None:
    with pytest.raises(StepFailed, match="FROM"):
        parse(text)


def test_lone_quote_is_left_to_the_engine() -> None:
    dockerfile = parse("FROM a\nCOPY it's there\n")
    assert dockerfile.sources(dockerfile.stages[0]) == ("it's",)
