"""How many replicas a load needs, and the lines that say so."""

from fractions import Fraction

import pytest
from click.testing import CliRunner, Result

from cli.main import main
from cli.size import replicas_for
from pipeline.spec import Create


def size(**options: str) -> Result:
    given = {"rps": "20", "seconds": "0.1", **options}
    return CliRunner().invoke(main, ["size", *(word for name, value in given.items() for word in (f"--{name}", value))])


@pytest.mark.parametrize(
    ("rps", "seconds", "concurrency", "target", "replicas"),
    [
        ("20", "0.1", 1, "0.7", 3),
        ("20", "0.1", 1, "0.5", 4),
        ("20", "0.1", 1, "1", 2),
        ("20", "0.1", 8, "0.7", 1),
        ("3", "0.1", 1, "0.1", 3),  # in floats 3.0000000000000004, and four
        ("6", "0.1", 1, "0.2", 3),  # in floats 3.0000000000000004
        ("7", "0.1", 1, "0.7", 1),  # in floats 1.0000000000000002
        ("1000", "0.333", 4, "0.7", 119),
        ("0.001", "0.001", 1, "1", 1),
        ("1000000", "2", 1, "0.5", 4000000),
    ],
)
def test_as_many_replicas_as_keep_each_at_its_target(rps: str, seconds: str, concurrency: int, target: str, replicas: int) -> None:
    assert replicas_for(Fraction(rps), Fraction(seconds), concurrency, Fraction(target)) == replicas


def test_the_number_comes_first_and_then_what_it_means() -> None:
    number, _, meaning, each, *_ = size().stdout.splitlines()
    assert number == "3 replicas"
    assert meaning == "20 requests/s that take 0.1 s each are 2 in flight at any moment."
    assert each == "A replica works on 1 at a time, of which it is to be busy with 0.7, so that few requests wait."


@pytest.mark.parametrize(
    ("rps", "fixed", "scaled"),
    [
        ("20", "{replicas: 3}", "{autoscale: {min: 2, max: 3, cpu: 70}}"),
        ("1", "{replicas: 1}", "{autoscale: {min: 1, max: 2, cpu: 70}}"),
    ],
)
def test_the_lines_for_the_file_are_good_ones(rps: str, fixed: str, scaled: str) -> None:
    lines = [line.strip() for line in size(rps=rps).stdout.splitlines()]
    assert {f"target: {{create: {fixed}}}", f"target: {{create: {scaled}}}"} <= set(lines)


def test_a_target_under_a_percent_still_makes_a_good_line() -> None:
    assert "cpu: 1}" in size(target="0.001").stdout
    assert Create.model_validate({"autoscale": {"max": 2, "cpu": 1}}).autoscale


@pytest.mark.parametrize(
    ("option", "given", "said"),
    [
        *(
            ("rps", given, f"{given!r} must be a number above 0, such as 0.7")
            for given in ("0", "x", "nan", "inf", "1e999999999", "1/0", "٣")
        ),
        ("seconds", "100ms", "'100ms' must be a number above 0, such as 0.7"),
        ("target", "70", "70 must be at most 1, the whole; 0.7 is 70 %"),
        ("concurrency", "0", "0 is not in the range x>=1"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(option: str, given: str, said: str) -> None:
    result = size(**{option: given})
    assert result.exit_code == 2
    assert said in result.stderr
