"""Evaluate: judge a model folder on the held-out rows. The candidate and the live model are judged alike.

Reads the folder named by PUSHRAIL_MODEL_DIR (`model`), writes a flat JSON object of numbers to the file named by PUSHRAIL_METRICS
(`metrics.json`).
"""

import json
import math
import os
from pathlib import Path

import dataset
from model import Model, load

LEAST_PROBABILITY = 1e-15


def evaluate(model: Model, rows: list[dataset.Row]) -> dict[str, float]:
    """Return accuracy (more is better), log_loss (less is better) and the number of rows."""
    answers = [_probabilities(model, row) for row in rows]
    right = sum(max(answer, key=answer.__getitem__) == row.label for answer, row in zip(answers, rows, strict=True))
    loss = -sum(math.log(max(answer.get(row.label, 0.0), LEAST_PROBABILITY)) for answer, row in zip(answers, rows, strict=True))
    return {"accuracy": round(right / len(rows), 6), "log_loss": round(loss / len(rows), 6), "n": len(rows)}


def _probabilities(model: Model, row: dataset.Row) -> dict[str, float]:
    values = [row.measurements[name] for name in model.features]
    return dict(zip(model.classes, model.probabilities(values), strict=True))


def main() -> None:
    """Judge, write and print."""
    model = load(Path(os.environ.get("PUSHRAIL_MODEL_DIR", "model")))
    metrics = evaluate(model, dataset.held_out(dataset.read()))
    Path(os.environ.get("PUSHRAIL_METRICS", "metrics.json")).write_text(json.dumps(metrics) + "\n", encoding="utf-8")
    print(*(f"{name}={value}" for name, value in metrics.items()))


if __name__ == "__main__":
    main()
