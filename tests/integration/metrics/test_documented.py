"""``docs/metrics.md`` and what is scraped agree."""

import re
from collections.abc import Callable
from pathlib import Path

import yaml
from prometheus_client import Metric

from tests.integration.metrics.scrape import Scrape

PAGE = (Path(__file__).parents[3] / "docs" / "metrics.md").read_text("utf-8")
LATER = {"pushrail_last_delivery_timestamp_seconds"}
"""Told with a name from the first on, and with a value only when there has been one."""


def told(family: Metric) -> str:
    return family.name + ("_total" if family.type == "counter" else "")


def test_every_metric_is_in_the_table_and_no_other(scrape: Callable[[], Scrape]) -> None:
    table = set(re.findall(r"^\| `(pushrail_\w+)` \|", PAGE, re.MULTILINE))
    assert table == {told(family) for family in scrape().families.values()}


def test_alerts_ask_for_metrics_that_are_told(scrape: Callable[[], Scrape]) -> None:
    blocks = [yaml.safe_load(text) for text in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)]
    rules = [rule for block in blocks for group in block.get("groups", ()) for rule in group["rules"]]
    asked = {name for rule in rules for name in re.findall(r"pushrail_\w+", rule["expr"])}
    samples = {sample.name for family in scrape().families.values() for sample in family.samples}
    assert len(rules) == 3
    assert asked <= samples | LATER
