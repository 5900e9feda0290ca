"""How operations are declared, and what the OpenAPI document says of all of them: who may ask, and how they refuse.

Refusals become answers in ``hook_server.problems``, here and everywhere; flask-smorest's own shape of an error is not used.
"""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any, TypeVar

from flask import Flask
from flask_smorest import Api, Blueprint

from hook_server import auth
from hook_server.api.reading import StrictParser
from hook_server.api.schemas.problem import ProblemSchema
from hook_server.caller import permit
from pipeline.token import Scope

F = TypeVar("F", bound=Callable[..., Any])

_TEXT = """\
Runs, releases and deliveries of the apps that `pipeline.yaml` names.

Times are Unix seconds. An error is a problem document (RFC 9457) whose `detail` says what to do. Keys that are not described are refused.
"""

_RETRY = {"Retry-After": {"description": "Seconds after which to ask again.", "schema": {"type": "integer"}}}
_REALM = {"WWW-Authenticate": {"description": "How to authenticate.", "schema": {"type": "string"}}}

_REFUSALS: dict[int, tuple[str, dict[str, Any]]] = {
    400: ("The request cannot be read: a key that is unknown or has a value it may not have.", {}),
    401: ("There is no valid token in the header Authorization.", _REALM),
    403: ("The token has a lesser scope than this needs.", {}),
    404: ("There is no such thing.", {}),
    409: ("It cannot be done as things stand.", {}),
    413: ("The body is too large.", {}),
    415: ("The body is of another type, charset or encoding than described.", {}),
    422: ("The Idempotency-Key has been used for another wish.", {}),
    503: ("Redis does not serve, or the body came too slowly. Nothing was done; ask again.", _RETRY),
}
_ALWAYS = (401, 503)
_WITH_A_BODY = (400, 413, 415)


class _Blueprint(Blueprint):  # type: ignore[misc]
    ARGUMENTS_PARSER = StrictParser()


class _Api(Api):  # type: ignore[misc]
    ERROR_SCHEMA = ProblemSchema
    DEFAULT_ERROR_RESPONSE_NAME = None  # each operation says how it may refuse

    def _register_error_handlers(self) -> None:
        """None: every error is answered by ``hook_server.problems``."""

    def _register_pagination_header(self) -> None:
        """None: a page says where the next one is in a Link header."""


def blueprint(noun: str, description: str) -> Any:
    """Operations on one noun, for those who bring a token."""
    bp = _Blueprint(noun, f"hook_server.api.{noun}", url_prefix="/api/v1", description=description)
    bp.before_request(auth.require_token)
    return bp


def operation(scope: Scope, *refuses: int, body: bool = False) -> Callable[[F], F]:
    """Ask for a token of this scope, and say how the operation may refuse; its docstring is what people read of it.

    Args:
        refuses: HTTP statuses, beside those that its scope and its body bring.
        body: whether it reads one.
    """
    lesser = (403,) if scope is not Scope.READ else ()
    statuses = (*_ALWAYS, *lesser, *refuses, *(_WITH_A_BODY if body else ()))
    answers = {status: HTTPStatus(status).name for status in sorted(statuses)}

    def describe(view: F) -> F:
        @wraps(view)
        def permitted(*args: Any, **kwargs: Any) -> Any:
            permit(scope)
            return view(*args, **kwargs)

        described: F = Blueprint.doc(operationId=view.__name__, security=[{"bearer": [scope]}], responses=answers)(permitted)
        return described

    return describe


def links(**operations: Any) -> Callable[[F], F]:
    """Say which operations may follow an answer, and where it holds what they need: https://spec.openapis.org/oas/v3.1.0#link-object"""
    described: Callable[[F], F] = Blueprint.doc(responses={200: {"links": operations}})
    return described


def description(app: Flask) -> Any:
    """The OpenAPI document of this server, to which blueprints are added."""
    app.config.update(OPENAPI_URL_PREFIX="/apidocs", OPENAPI_JSON_PATH="openapi.json")
    said = {"title": "Pushrail", "version": "1", "openapi_version": "3.1.0", "info": {"description": _TEXT}}
    api = _Api(app, spec_kwargs=said)
    bearer = {
        "type": "http",
        "scheme": "bearer",
        "description": "A token that `pushrail token` made. Its scope is `read`, `trigger` or `admin`; each includes those before it.",
    }
    api.spec.components.security_scheme("bearer", bearer)
    for status, (text, headers) in _REFUSALS.items():
        answer = {"description": text, "headers": headers, "content": {"application/problem+json": {"schema": ProblemSchema}}}
        api.spec.components.response(HTTPStatus(status).name, answer, lazy=True)
    return api
