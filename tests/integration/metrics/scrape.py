"""What a scrape of ``/metrics`` says, read by Prometheus' own parser."""

from collections.abc import Iterable

from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families


class Scrape:
    """The families of one answer.

    Args:
        text: the body.
    """

    def __init__(self, text: str) -> None:
        self.families: dict[str, Metric] = {family.name: family for family in text_string_to_metric_families(text)}
        self._values = {
            (sample.name, frozenset(sample.labels.items())): sample.value for family in self.families.values() for sample in family.samples
        }

    def value(self, sample: str, **labels: str) -> float | None:
        return self._values.get((sample, frozenset(labels.items())))

    def labels(self, name: str) -> Iterable[str]:
        """Every value of a label, of all samples that have it."""
        return {dict(labels)[name] for _, labels in self._values if name in dict(labels)}
