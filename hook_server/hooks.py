"""``/hooks/<forge>`` as WSGI, in front of Flask: a request → the receiver; what that says or raises → an answer. Decides nothing itself.

What Flask does for a view costs as much as all that a delivery needs, and a delivery needs nothing of it.
"""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from http import HTTPStatus
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from werkzeug.exceptions import MethodNotAllowed
from werkzeug.http import parse_options_header
from werkzeug.wsgi import get_content_length

from hook_server import body, headers, networks, payload, problems, receiver
from hook_server.forges import FORGES
from hook_server.forges.request import Request
from hook_server.networks import Networks
from hook_server.parts import Parts

MOST_BYTES = 25 * 1024 * 1024
"""GitHub delivers no larger payload: https://docs.github.com/en/webhooks/webhook-events-and-payloads#payload-cap"""

FORGE_AT = {f"/hooks/{forge}": forge for forge in FORGES}

_STATUS_LINES = {int(status): f"{status} {status.phrase.upper()}" for status in HTTPStatus}
_JSON = [("Content-Type", "application/json")]
_PROBLEM = [("Content-Type", problems.CONTENT_TYPE)]

Answer = tuple[int, Sequence[tuple[str, str]], bytes]
"""Status, the headers of its own, and what it says."""


class _Headers(Mapping[str, str]):
    """What was sent, by lower-case name; a view, for hardly any of it is ever looked at."""

    def __init__(self, environ: WSGIEnvironment) -> None:
        self._environ = environ

    def __getitem__(self, name: str) -> str:
        value: str = self._environ["HTTP_" + name.upper().replace("-", "_")]
        return value

    def __iter__(self) -> Iterator[str]:
        return (name[5:].replace("_", "-").lower() for name in self._environ if name.startswith("HTTP_"))

    def __len__(self) -> int:
        return sum(1 for _ in self)


def in_front_of(app: WSGIApplication, given: Parts, allowed: Networks) -> WSGIApplication:
    """An application that answers at the addresses of hooks itself, and hands on to ``app`` what is asked elsewhere.

    Args:
        allowed: from where deliveries may come; from everywhere when there is none.
    """

    def hooks(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        forge = FORGE_AT.get(_path(environ))
        if forge is None:
            return app(environ, start_response)
        began = time.perf_counter()
        status, own, said = _answer(forge, environ, given, allowed)
        given.meters.answered(status, time.perf_counter() - began)
        everywhere = headers.unstored(secure=environ["wsgi.url_scheme"] == "https")
        start_response(_STATUS_LINES[status], [*own, ("Content-Length", str(len(said))), *everywhere])
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [said]

    return hooks


def _answer(forge: str, environ: WSGIEnvironment, given: Parts, allowed: Networks) -> Answer:
    try:
        networks.check(environ.get("REMOTE_ADDR", ""), allowed)
        if environ["REQUEST_METHOD"] != "POST":
            raise MethodNotAllowed(["POST"])
        status, said = receiver.receive(forge, _request(environ, given), given)
        return status, _JSON, said
    except Exception as error:
        problem = problems.of(error, f"{environ['REQUEST_METHOD']} {_path(environ)}")
        return problem.status, [*_PROBLEM, *problem.headers], problem.body


def _request(environ: WSGIEnvironment, given: Parts) -> Request:
    """Read it to its end; raises what ``body.read`` and ``payload.check_type`` do."""
    raw = body.read(environ, given.bodies, MOST_BYTES)
    mimetype, options = parse_options_header(environ.get("CONTENT_TYPE", "").lower())
    payload.check_type(mimetype, options.get("charset", ""), environ.get("HTTP_CONTENT_ENCODING", ""))
    return Request(_Headers(environ), mimetype, raw, given.clock(), environ.get("REMOTE_ADDR", ""), get_content_length(environ))


def _path(environ: WSGIEnvironment) -> str:
    """As Flask sees it: of several slashes at the front, which come of an address put together in a hurry, one counts."""
    return f"/{environ.get('PATH_INFO', '').lstrip('/')}"
