"""Train: `data/` and `params.json` in, `model/` out. The same inputs give the same bytes.

`golden.json` is what scikit-learn itself answers, so the server, which does its own arithmetic, has to agree with the library and not
only with itself.
"""

import json
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

import dataset
import golden
import model

PARAMS = Path(__file__).parent / "params.json"
DECIMALS = 6  # What a processor's last bits change must not make another model.
GOLDEN_ROWS = 5


def train(folder: Path, params: dict[str, Any], rows: list[dataset.Row]) -> None:
    """Fit on the training rows and write `model.json` and `golden.json` into `folder`, which is made if need be."""
    pipeline = fit(dataset.training(rows), params)
    content = _bytes(document(pipeline, list(rows[0].measurements)))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / model.FILE).write_bytes(content)
    (folder / golden.FILE).write_bytes(_bytes(predictions(pipeline, model.digest(content), golden_rows(rows))))


def fit(rows: list[dataset.Row], params: dict[str, Any]) -> Pipeline:
    """Return the fitted pipeline, its numbers rounded. A fit that does not converge raises ConvergenceWarning."""
    pipeline = make_pipeline(StandardScaler(), LogisticRegression(**params))
    with warnings.catch_warnings():
        warnings.simplefilter("error", ConvergenceWarning)
        pipeline.fit(_matrix(rows), [row.label for row in rows])
    scaler, classifier = pipeline[0], pipeline[-1]
    scaler.mean_, scaler.scale_ = scaler.mean_.round(DECIMALS), scaler.scale_.round(DECIMALS)
    classifier.coef_, classifier.intercept_ = classifier.coef_.round(DECIMALS), classifier.intercept_.round(DECIMALS)
    return pipeline


def document(pipeline: Pipeline, features: list[str]) -> dict[str, Any]:
    """Return the fitted numbers as `model.json` holds them."""
    scaler, classifier = pipeline[0], pipeline[-1]
    return {
        "name": "iris",
        "features": features,
        "classes": classifier.classes_.tolist(),
        "mean": scaler.mean_.tolist(),
        "scale": scaler.scale_.tolist(),
        "coefficients": classifier.coef_.tolist(),
        "intercepts": classifier.intercept_.tolist(),
    }


def golden_rows(rows: list[dataset.Row]) -> list[dataset.Row]:
    """Return a few held-out rows spread evenly over the file."""
    held_out = dataset.held_out(rows)
    return held_out[:: max(1, len(held_out) // GOLDEN_ROWS)][:GOLDEN_ROWS]


def predictions(pipeline: Pipeline, digest: str, rows: list[dataset.Row]) -> list[dict[str, Any]]:
    """Return the golden predictions: one request and its response for each row."""
    classes = pipeline[-1].classes_.tolist()
    return [
        {
            "path": "/api/predict",
            "request": {"instances": [row.measurements]},
            "response": {"model": digest, "predictions": [model.prediction(classes, probabilities)]},
        }
        for row, probabilities in zip(rows, pipeline.predict_proba(_matrix(rows)).round(9).tolist(), strict=True)
    ]


def _matrix(rows: Sequence[dataset.Row]) -> list[list[float]]:
    return [list(row.measurements.values()) for row in rows]


def _bytes(document: Any) -> bytes:
    return (json.dumps(document, indent=2) + "\n").encode()


if __name__ == "__main__":
    train(Path("model"), json.loads(PARAMS.read_bytes()), dataset.read())
    print(f"trained model {model.load(Path('model')).digest}")
