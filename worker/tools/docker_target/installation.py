"""Which Pushrail a container belongs to, when several share an engine."""

from contextlib import suppress
from pathlib import Path
from uuid import uuid4


def installation(data_dir: Path) -> str:
    """The name this data folder has kept since it was first asked for."""
    path = data_dir / "installation"
    data_dir.mkdir(parents=True, exist_ok=True)
    with suppress(FileExistsError), path.open("x") as file:
        file.write(uuid4().hex)
    return path.read_text("utf-8")
