"""The page about figures names every metric with its type."""

from pathlib import Path
from typing import get_args

import pytest

from ftpair.core.facts import Reason
from ftpair.observe.log import LINES
from ftpair.observe.tally import METRICS

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "observability.md").read_text()


@pytest.mark.parametrize(("name", "metric"), METRICS.items())
def test_the_page_lists_each_metric_with_type_and_labels(name, metric):
    (row,) = [line for line in PAGE.splitlines() if line.startswith(f"| `ftpair_{name}` |")]
    _, _, kind, labels, _ = row.split("|")
    assert kind.strip() == metric.kind
    assert all(label in labels for label in metric.labels)


@pytest.mark.parametrize("reason", get_args(Reason))
def test_both_pages_name_each_reason_why_a_client_is_refused_or_let_go(reason):
    assert f"`{reason}`" in next(line for line in PAGE.splitlines() if line.startswith("| `ftpair_refusals_total`"))
    pages = (DOCS / "limits.md").read_text() + (DOCS / "bans.md").read_text()
    assert f"`{reason}`" in pages


@pytest.mark.parametrize("words", [words for _, words in LINES.values()])
def test_the_page_lists_each_event_of_the_log(words):
    assert f"`{words}`" in PAGE
