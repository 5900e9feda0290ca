"""Who asks, and what they may do: the value that ``auth`` puts on a request, and the questions views ask of it."""

from dataclasses import dataclass
from typing import cast

from flask import abort, g, request

from pipeline.token import Scope, Token

READING = ("GET", "HEAD", "OPTIONS")


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks.

    Args:
        name: the token's, or what stands for a secret that several share.
        shared: whether several have the same secret, so that only they themselves can say who they are.
    """

    name: str
    scope: Scope
    shared: bool = False

    def signed(self, by: str) -> str:
        """The name for the history of somebody who says to be ``by``: the holder of a token of its own is told by that, too."""
        if not by or by == self.name:
            return self.name
        return by if self.shared else f"{by} ({self.name})"


BY_PASSWORD = Caller("the dashboard", Scope.ADMIN, shared=True)
BY_ENVIRONMENT = Caller("PUSHRAIL_API_TOKEN", Scope.ADMIN, shared=True)
"""Whoever has the dashboard's password, or a token of the environment; no made token can have such a name."""


def holder(token: Token) -> Caller:
    return Caller(token.name, token.scope)


def caller() -> Caller:
    """Who asks; there is one wherever ``auth`` lets nobody else pass."""
    return cast(Caller, g.caller)


def may(scope: str) -> bool:
    """Whether who asks has this scope; false where nobody is known, as on an error's page."""
    known: Caller | None = g.get("caller")
    return known is not None and known.scope.allows(Scope(scope))


def permit(scope: Scope) -> None:
    """Answer 403 to who has a lesser scope."""
    if not may(scope):
        abort(403, f"this needs the scope {scope}, and {caller().name} has {caller().scope}")


def permit_by_method() -> None:
    """What changes nothing needs the scope read, all else trigger; a view that needs more says so itself."""
    permit(Scope.READ if request.method in READING else Scope.TRIGGER)
