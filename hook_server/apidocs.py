"""``/apidocs``: what the API can do, to read and to try out, by Swagger UI from files that are installed with Pushrail.

Everyone may see it, for it holds no secret and is the same in every installation; a call made from it needs a token like any other.
"""

from importlib.resources import files

from flask import Blueprint, Response, render_template, send_from_directory

_FILES = str(files("flask_swagger_ui") / "dist")

bp = Blueprint("apidocs", __name__, url_prefix="/apidocs")


@bp.get("")
def show() -> str:
    return render_template("apidocs.html")


@bp.get("/<any('swagger-ui.css', 'swagger-ui-bundle.js'):name>")
def send(name: str) -> Response:
    return send_from_directory(_FILES, name)
