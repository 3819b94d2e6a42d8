"""The page about figures names every metric with its type."""

from pathlib import Path

import pytest

from ftpair.observe.log import LINES
from ftpair.observe.tally import METRICS

PAGE = (Path(__file__).parents[2] / "docs" / "observability.md").read_text()


@pytest.mark.parametrize(("name", "metric"), METRICS.items())
def test_the_page_lists_each_metric_with_type_and_labels(name, metric):
    (row,) = [line for line in PAGE.splitlines() if line.startswith(f"| `ftpair_{name}` |")]
    _, _, kind, labels, _ = row.split("|")
    assert kind.strip() == metric.kind
    assert all(label in labels for label in metric.labels)


@pytest.mark.parametrize("words", [words for _, words in LINES.values()])
def test_the_page_lists_each_event_of_the_log(words):
    assert f"`{words}`" in PAGE
