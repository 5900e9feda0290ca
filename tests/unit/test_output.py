"""What a command prints, line by line."""

import pytest

from worker.tools.packaging.output import LONGEST, Output


def said(*chunks: bytes) -> list[str]:
    lines: list[str] = []
    output = Output(lines.append)
    for chunk in chunks:
        output.write(chunk)
    output.close()
    return lines


@pytest.mark.parametrize(
    ("chunks", "lines"),
    [
        ((b"a\nb\n",), ["a", "b"]),
        ((b"a", b"b\nc"), ["ab", "c"]),
        ((b"a\n\nb\n",), ["a", "", "b"]),
        ((b"caf\xc3", b"\xa9\n"), ["café"]),
        ((b"\xff\n",), ["\ufffd"]),
        ((b"windows\r\n",), ["windows"]),
        ((b"10%\r50%\r100%\n",), ["100%"]),
        ((b"\x1b[1;31mred\x1b[0m \x1b]0;title\x07on\x07\n",), ["red on"]),
        ((b"a\tb\x00c\n",), ["a\tbc"]),
    ],
)
def test_output_becomes_clean_lines(chunks: tuple[bytes, ...], lines: list[str]) -> None:
    assert said(*chunks) == lines


def test_long_lines_are_split_before_they_end() -> None:
    assert [len(line) for line in said(b"x" * (2 * LONGEST + 5))] == [LONGEST, LONGEST, 5]


def test_last_lines_are_remembered() -> None:
    output = Output(lambda line: None)
    output.write(b"".join(b"%d\n" % number for number in range(100)))
    assert output.last.splitlines() == [str(number) for number in range(90, 100)]
