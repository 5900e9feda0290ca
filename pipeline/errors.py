"""Every error Pushrail raises on purpose, in one tree. Holds no behaviour and imports nothing of the project.

*Failed* is the app's fault, *errored* the machinery's, *rejected* the gate's word: the runner turns the three step errors into those
three results. ``StepSkipped`` and ``RunOver`` are signals, not errors, and stand outside the tree.
"""

from collections.abc import Mapping
from typing import Literal


class PushrailError(Exception):
    """The root; its message is written for the person who must act on it."""


class SpecError(PushrailError):
    """``pipeline.yaml`` is wrong. ``problems`` holds one ``key.path: what is wrong`` line for each thing found."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class SettingsError(PushrailError):
    """The environment lacks something, or holds it in a form that cannot be used."""


class StoreUnavailable(PushrailError):
    """Redis cannot be reached or refuses to write; nothing was half done."""


class SetupHidden(PushrailError):
    """Redis serves and does not tell how it is set up, as many managed ones do not."""


class Fenced(PushrailError):
    """This attempt at a run is no longer the one that counts; it must stop and write nothing more."""


class DeliveryRejected(PushrailError):
    """A request to the webhook endpoint that is not a delivery; ``status`` is the HTTP answer."""

    status = 400


class BadSignature(DeliveryRejected):
    """No configured secret signed these bytes. Says the same whatever the reason is, which is for our own eyes.

    Args:
        reason: ``missing``, ``malformed``, ``wrong`` or ``stale``.
    """

    status = 401

    def __init__(self, reason: str) -> None:
        super().__init__("this request is not signed with a secret of any app")
        self.reason = reason


class TooManyForgeries(DeliveryRejected):
    """One more request without a right signature from an address that sent too many; ``retry_after`` is in seconds."""

    status = 429

    def __init__(self, said: str, retry_after: int) -> None:
        super().__init__(said)
        self.retry_after = retry_after


class SecretLost(DeliveryRejected):
    """No secret that is there signed these bytes, and one is lost that may have."""

    status = 503


class BodyTooLarge(DeliveryRejected):
    status = 413


class WrongContentType(DeliveryRejected):
    status = 415


class StepFailed(PushrailError):
    """The app said no: its training, its build or its readiness failed. The step ends *failed*."""


class StepRejected(PushrailError):
    """The gate said no: the candidate model is not good enough. The step ends *rejected*."""


class ToolError(PushrailError):
    """An outside thing could not do its work; the step ends *errored*.

    Args:
        tool: which one, as a person would name it ("docker", "registry", "git").
        reason: what happened and what to do about it.
        transient: whether the same call may go through later; only such errors are retried.
    """

    def __init__(self, tool: str, reason: str, *, transient: bool = False) -> None:
        super().__init__(f"{tool}: {reason}")
        self.tool, self.reason, self.transient = tool, reason, transient


class TagTaken(ToolError):
    """The tag stands for other content already, and a tag is never moved."""


class StepSkipped(Exception):
    """The step has nothing to do and says why; the run goes on. ``outputs`` is what later steps read all the same."""

    def __init__(self, reason: str, outputs: Mapping[str, str] | None = None) -> None:
        super().__init__(reason)
        self.outputs = outputs or {}


class RunOver(Exception):
    """The whole run ends with this step, and nothing after it is begun. ``status`` is the run's; the message says why."""

    def __init__(self, status: Literal["cancelled", "superseded"], reason: str) -> None:
        super().__init__(reason)
        self.status = status
