"""What ``pipeline.yaml`` says of the log of deliveries."""

from typing import Annotated

from pydantic import Field

from pipeline.spec.values import Mapped


class Deliveries(Mapped):
    """How much of the log is kept: whatever is beyond either bound goes, a hundred entries at a time.

    Args:
        keep: entries.
        days: age.
    """

    keep: Annotated[int, Field(ge=100, le=1_000_000)] = 10_000
    days: Annotated[int, Field(ge=1, le=3650)] = 30
