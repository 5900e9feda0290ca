"""An error → what is told of it: problem JSON (RFC 9457) for the client, a line for the log. Knows no request and no framework's answer."""

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus

from werkzeug.exceptions import HTTPException

from pipeline.errors import DeliveryRejected, StoreUnavailable, TooManyForgeries

logger = logging.getLogger(__name__)

CONTENT_TYPE = "application/problem+json"
RETRY_AFTER_SECONDS = 5


@dataclass(frozen=True, slots=True)
class Problem:
    """An error as an answer.

    Args:
        status: of HTTP.
        detail: what is wrong and what to do, for the person who asked.
        headers: what the answer says besides.
    """

    status: int
    detail: str
    headers: Sequence[tuple[str, str]] = ()

    @property
    def title(self) -> str:
        return HTTPStatus(self.status).phrase

    @property
    def body(self) -> bytes:
        return json.dumps({"detail": self.detail, "status": self.status, "title": self.title, "type": "about:blank"}).encode() + b"\n"


def of(error: Exception, asked: str) -> Problem:
    """Find the answer to an error, and log what somebody may want to look into.

    Args:
        asked: method and path, for the log.
    """
    match error:
        case TooManyForgeries():  # not a line of the log each: whoever sends thousands would write it full
            return Problem(error.status, str(error), _retry_after(error.retry_after))
        case DeliveryRejected():
            logger.info("%s refused with %d: %s", asked, error.status, error)
            return Problem(error.status, str(error), _retry_after(RETRY_AFTER_SECONDS) if error.status == 503 else ())
        case StoreUnavailable():
            logger.error("%s: %s", asked, error)
            return Problem(503, str(error), _retry_after(RETRY_AFTER_SECONDS))
        case HTTPException(code=int(status)):
            own = ("content-type", "content-length")
            return Problem(status, error.description or "", [said for said in error.get_headers() if said[0].lower() not in own])
        case _:
            logger.error("%s: a defect", asked, exc_info=error)
            return Problem(500, "a defect of Pushrail; the server's log has the details")


def _retry_after(seconds: int) -> Sequence[tuple[str, str]]:
    return [("Retry-After", str(seconds))]
