"""What a dashboard is made of, and how Grafana's SDK writes it down.

`[$window]` in a query is the range that its rates look at: Grafana fits it to the scrape interval.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from grafana_foundation_sdk.builders import common as common_builders
from grafana_foundation_sdk.builders import dashboard, prometheus, stat, timeseries
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import common
from grafana_foundation_sdk.models.dashboard import (
    DashboardCursorSync,
    DataSourceRef,
)

__all__ = ["Board", "Panel", "Row", "high", "per_second", "share"]

SOURCE = DataSourceRef(type_val="prometheus", uid="${datasource}")
WINDOW = "$window"

Unit = Literal["short", "s", "bytes", "reqps", "ops", "percentunit", "Bps"]


@dataclass(frozen=True, slots=True)
class Panel:
    """One picture: its queries by legend."""

    title: str
    queries: dict[str, str]
    unit: Unit = "short"
    text: str = ""  # what to look for
    single: bool = False  # one large number instead of curves


@dataclass(frozen=True, slots=True)
class Row:
    """Panels that belong together, side by side."""

    title: str
    panels: tuple[Panel, ...]


@dataclass(frozen=True, slots=True)
class Board:
    """One dashboard."""

    uid: str
    title: str
    text: str
    rows: tuple[Row, ...] = field(default=())

    def queries(self) -> Iterator[tuple[str, str, str]]:
        """Title of the panel, legend, query."""
        for row in self.rows:
            for panel in row.panels:
                for legend, query in panel.queries.items():
                    yield panel.title, legend, query

    def as_json(self) -> str:
        """For Grafana's import or provisioning."""
        made = (
            dashboard.Dashboard(self.title)
            .uid(self.uid)
            .description(self.text)
            .tags(["quizwire"])
            .readonly()
            .time("now-1h", "now")
            .refresh("10s")
            .timezone("browser")
            .tooltip(DashboardCursorSync.CROSSHAIR)
            .with_variable(dashboard.DatasourceVariable("datasource").label("Data source").type("prometheus"))
        )
        for row in self.rows:
            made = made.with_row(dashboard.Row(row.title))
            width = 24 // max(len(row.panels), 1)
            for panel in row.panels:
                made = made.with_panel(_single(panel, width) if panel.single else _curves(panel, width))
        return JSONEncoder(sort_keys=True, indent=2).encode(made.build()) + "\n"


def per_second(metric: str, by: str = "") -> str:
    """The rate of a counter over all processes."""
    return f"sum{f' by ({by})' if by else ''} (rate({metric}[{WINDOW}]))"


def high(metric: str, share: float = 0.99, by: str = "") -> str:
    """The time that all but the slowest stay below, of a histogram over all processes."""
    labels = f"le, {by}" if by else "le"
    return f"histogram_quantile({share:g}, sum by ({labels}) (rate({metric}_bucket[{WINDOW}])))"


def share(part: str, whole: str) -> str:
    """A share that is 0 where there is nothing of which to be a part."""
    return f"({part} or vector(0)) / clamp_min({whole}, 1e-9)"


def _targets(panel: Panel) -> Iterator[prometheus.Dataquery]:
    for number, (legend, query) in enumerate(panel.queries.items()):
        yield (
            prometheus.Dataquery()
            .expr(query.replace(WINDOW, "$__rate_interval"))
            .legend_format(legend)
            .ref_id(chr(ord("A") + number))
        )


def _curves(panel: Panel, width: int) -> timeseries.Panel:
    made = (
        timeseries.Panel()
        .title(panel.title)
        .description(panel.text)
        .datasource(SOURCE)
        .unit(panel.unit)
        .min(0)
        .span(width)
        .height(8)
        .fill_opacity(10)
        .legend(
            common_builders.VizLegendOptions()
            .display_mode(common.LegendDisplayMode.LIST)
            .placement(common.LegendPlacement.BOTTOM)
            .show_legend(True)
        )
        .tooltip(common_builders.VizTooltipOptions().mode(common.TooltipDisplayMode.MULTI))
    )
    for target in _targets(panel):
        made = made.with_target(target)
    return made


def _single(panel: Panel, width: int) -> stat.Panel:
    made = (
        stat.Panel()
        .title(panel.title)
        .description(panel.text)
        .datasource(SOURCE)
        .unit(panel.unit)
        .span(width)
        .height(4)
        .reduce_options(common_builders.ReduceDataOptions().calcs(["lastNotNull"]))
    )
    for target in _targets(panel):
        made = made.with_target(target)
    return made
