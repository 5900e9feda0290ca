"""What a commit message says that asks for no run. Pure.

https://docs.github.com/en/actions/how-tos/manage-workflow-runs/skip-workflow-runs
"""

import re

_MARKERS = ("[skip ci]", "[ci skip]", "[no ci]", "[skip actions]", "[actions skip]")
_TRAILER = r"(?im)^skip-checks:\s*true\s*$"


def skip_marker(message: str) -> str:
    """The words of a commit message that ask for no run, or nothing."""
    lowered = message.lower()
    trailers = lowered.rstrip().rpartition("\n\n")[2] if "\n\n" in lowered.rstrip() else ""
    spoken = [marker for marker in _MARKERS if marker in lowered]
    return (spoken or (["skip-checks: true"] if re.search(_TRAILER, trailers) else [""]))[0]
