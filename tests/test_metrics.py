"""House rules about metrics: none grows with use, each is documented."""

from __future__ import annotations

from pathlib import Path

from scripts.observing.reference import every_metric, metrics_page

ROOT = Path(__file__).parent.parent

LABELS = {
    "actor",
    "code",
    "folder",
    "kind",
    "method",
    "name",
    "outcome",
    "place",
    "queue",
    "role",
    "route",
    "script",
    "state",
    "status",
    "stream",
}
"""All of them: each has as many values as the code or the settings have names. Ids have no place here."""


def test_no_label_can_hold_an_id():
    used = {label for metrics in every_metric().values() for metric in metrics for label in metric.labels}
    assert used == LABELS


def test_every_metric_is_ours_by_name_and_says_what_it_is():
    described = [metric for metrics in every_metric().values() for metric in metrics]
    assert len(described) == len({metric.name for metric in described}) > 50
    for metric in described:
        assert metric.name.startswith("quizwire_")
        assert len(metric.text) > 15, metric.name


def test_the_page_of_metrics_is_that_of_the_code():
    page = (ROOT / "docs/reference/metrics.md").read_text()
    assert page == metrics_page(), "run scripts/dashboards"
