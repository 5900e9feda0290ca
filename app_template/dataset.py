"""The iris data and the one place that says which rows are held out.

A row's side depends on its measurements alone, not on its place in the file. So a row that was once held out stays held out when data is
added, removed or relabelled: no model, an older one included, is ever judged on a row that it was trained on.
"""

import csv
import hashlib
from dataclasses import dataclass
from pathlib import Path

FILE = Path(__file__).parent / "data" / "iris.csv"
LABEL = "species"
HELD_OUT_SHARE = 0.4
SEED = 14  # Another seed is another split: the model that serves now may then have been trained on rows that judge it.


@dataclass(frozen=True)
class Row:
    """One flower: its measurements in centimetres by name, and its species."""

    measurements: dict[str, float]
    label: str


def read(file: Path = FILE) -> list[Row]:
    """Return all rows in the order of the file; the last column is the label."""
    with file.open(newline="", encoding="utf-8") as lines:
        return [_row(record) for record in csv.DictReader(lines)]


def training(rows: list[Row]) -> list[Row]:
    """Return the rows a model may learn from."""
    return [row for row in rows if not is_held_out(row)]


def held_out(rows: list[Row]) -> list[Row]:
    """Return the rows a model is judged on."""
    return [row for row in rows if is_held_out(row)]


def is_held_out(row: Row) -> bool:
    """Say on which side a row is, by a seeded hash of its measurements."""
    text = f"{SEED}:{','.join(map(str, row.measurements.values()))}"
    return int(hashlib.sha256(text.encode()).hexdigest()[:8], 16) / 2**32 < HELD_OUT_SHARE


def _row(record: dict[str, str]) -> Row:
    label = record.pop(LABEL)
    return Row({name: float(text) for name, text in record.items()}, label)
