"""A request as any forge is given it, and what it can turn out to be."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.delivery import Delivery
from pipeline.errors import DeliveryRejected

ID = r"[A-Za-z0-9_-]{1,64}"
"""What an id of a delivery may be: it becomes part of a key in Redis."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request to a webhook's URL, read from the wire and not yet believed.

    Args:
        headers: by lower-case name, as the server decoded them.
        mimetype: of the Content-Type header, without parameters.
        body: the raw bytes.
        at: when it came, in Unix seconds.
        address: where it came from.
        length: bytes of the body, as they were declared; None when they were not.
    """

    headers: Mapping[str, str]
    mimetype: str
    body: bytes
    at: float
    address: str = ""
    length: int | None = None

    def header(self, name: str, pattern: str) -> str:
        """The value of a header that must be there and match ``pattern`` from end to end; raises DeliveryRejected."""
        value = self.headers.get(name.lower(), "")
        if not re.fullmatch(pattern, value):
            raise DeliveryRejected(f"the header {name} is missing or malformed")
        return value


@dataclass(frozen=True, slots=True)
class Ping:
    """The forge tries the hook out; ``remark`` is what it tells of the hook that somebody should mend, or empty."""

    id: str
    remark: str = ""


@dataclass(frozen=True, slots=True)
class OtherEvent:
    """An event that starts nothing here."""

    id: str
    name: str


Event = Delivery | Ping | OtherEvent
