"""The gate: what a candidate's metrics must be, by themselves and against the live model's. Pure."""

import math
from collections.abc import Mapping

from pipeline.spec import Requirement

Metrics = Mapping[str, float]
_ROUNDING = 1e-9  # 0.96 - 0.95 is a little more than 0.01


def objections(candidate: Metrics, live: Metrics | None, require: Mapping[str, Requirement]) -> list[str]:
    """What speaks against a candidate, one line each; empty lets it pass.

    A metric that is missing or not a number speaks against it. Without a live model (the first release, or a live model that cannot be
    judged on this metric) only the bounds count.
    """
    return [said for metric, wanted in require.items() for said in _objections(metric, candidate.get(metric, math.nan), live, wanted)]


def _objections(metric: str, value: float, live: Metrics | None, wanted: Requirement) -> list[str]:
    if not math.isfinite(value):
        return [f"{metric} is missing or not a number"]
    said = []
    if wanted.min is not None and value < wanted.min:
        said.append(f"{metric} {value:.4g} is below {wanted.min:g}")
    if wanted.max is not None and value > wanted.max:
        said.append(f"{metric} {value:.4g} is above {wanted.max:g}")
    baseline = (live or {}).get(metric, math.nan)
    if wanted.no_worse_than_live is not None and math.isfinite(baseline):
        loss = baseline - value if wanted.better == "higher" else value - baseline
        if loss - wanted.no_worse_than_live > _ROUNDING:
            said.append(f"{metric} {value:.4g} is worse than the live model's {baseline:.4g} by more than {wanted.no_worse_than_live:g}")
    return said
