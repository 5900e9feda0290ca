"""What a command prints, made fit for a log: whole lines, of bounded length, without control characters. Runs nothing."""

import codecs
import re
from collections import deque

from worker.tool import Log

LONGEST = 2000
_ESCAPES = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b.")
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


class Output:
    """Takes bytes as they come and gives lines to ``log``; remembers the last ones for the error that may follow."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._pending = ""
        self._last: deque[str] = deque(maxlen=10)

    def write(self, chunk: bytes) -> None:
        """Log every line that is whole, or too long to wait for its end."""
        *lines, self._pending = (self._pending + self._decoder.decode(chunk)).split("\n")
        for line in lines:
            self._line(line)
        while len(self._pending) > LONGEST:
            self._line(self._pending[:LONGEST])
            self._pending = self._pending[LONGEST:]

    def close(self) -> None:
        """Log what is left without a newline."""
        rest, self._pending = self._pending + self._decoder.decode(b"", final=True), ""
        if rest:
            self._line(rest)

    @property
    def last(self) -> str:
        """The last lines, for a message."""
        return "\n".join(self._last)

    def _line(self, text: str) -> None:
        shown = _CONTROLS.sub("", _ESCAPES.sub("", _overwritten(text)))
        for start in range(0, max(len(shown), 1), LONGEST):
            self._last.append(shown[start : start + LONGEST])
            self._log(shown[start : start + LONGEST])


def _overwritten(line: str) -> str:
    """What a terminal would show of a line that progress bars rewrite with carriage returns."""
    return line.rstrip("\r").rpartition("\r")[2]
