"""The service: predictions, the model's own description, and the probes. Gunicorn runs `create_app()`."""

import os
from http import HTTPStatus
from pathlib import Path
from typing import Any

from flask import Flask, request

import golden
import instances
import problems
from model import Model, load, prediction
from problems import Problem

MODEL = Path(__file__).parent / "model"
MAX_BODY = 256 * 1024  # bytes; a thousand instances are about 90 kB


def create_app(folder: Path = MODEL) -> Flask:
    """Load the model in `folder` and hold it to its golden predictions once.

    `app.config["NOT_READY"]` is the reason why no request should be sent here, None when there is no reason.

    Raises:
        ModelError: there is no valid model; a server without one does not start.
    """
    model = load(folder)
    app = Flask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY
    problems.register(app)
    _add_predict(app, model)
    _add_description(app, model)
    _add_probes(app)
    app.config["NOT_READY"] = golden.disagreement(app.test_client(), folder)
    if app.config["NOT_READY"]:
        app.logger.error("not ready: %s", app.config["NOT_READY"])
    return app


def _add_predict(app: Flask, model: Model) -> None:
    @app.post("/api/predict")
    def predict() -> dict[str, Any]:
        if request.mimetype != "application/json":
            raise Problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "the body must be application/json")
        rows = instances.parse(request.get_data(), model.features)
        return {"model": model.digest, "predictions": [prediction(model.classes, model.probabilities(row)) for row in rows]}


def _add_description(app: Flask, model: Model) -> None:
    description = {
        "name": model.name,
        "digest": model.digest,
        "features": model.features,
        "classes": model.classes,
        "commit": os.environ.get("PUSHRAIL_COMMIT"),
    }

    @app.get("/model")
    def describe() -> dict[str, Any]:
        return description


def _add_probes(app: Flask) -> None:
    @app.get("/livez")
    def livez() -> dict[str, str]:
        return {"status": "alive"}

    @app.get("/readyz")
    def readyz() -> dict[str, str]:
        if reason := app.config["NOT_READY"]:
            raise Problem(HTTPStatus.SERVICE_UNAVAILABLE, reason)
        return {"status": "ready"}
