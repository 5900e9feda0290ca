"""What each forge sends, behind one small interface: a request → who signed it, and what it says. Knows neither Flask nor any I/O.

A forge is chosen by the URL its hooks are sent to, never by a header: Gitea's requests look like GitHub's, too.
"""

from collections.abc import Mapping
from typing import Protocol

from hook_server.forges import gitea, github, gitlab
from hook_server.forges.request import Event, Request
from hook_server.forges.signers import Secrets


class Forge(Protocol):
    """A module of this package."""

    def signed_by(self, request: Request, secrets: Secrets) -> dict[str, int]:
        """The apps one of whose secrets vouches for this request, and which it was, counted from 1; BadSignature when there is none."""

    def name(self, request: Request) -> tuple[str, str]:
        """The event's name and its id, as the headers say; raises DeliveryRejected when one is missing or malformed."""

    def read(self, request: Request) -> Event:
        """What a request says whose signature was found right; raises DeliveryRejected when it is nothing that this forge would send."""


FORGES: Mapping[str, Forge] = {"github": github, "gitlab": gitlab, "gitea": gitea}
"""By the last part of the URL: ``/hooks/<name>``."""
