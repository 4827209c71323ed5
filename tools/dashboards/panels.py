"""What a figure, a graph and a list look like, on every dashboard."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from grafana_foundation_sdk.builders import common, dashboard, prometheus, stat, table, timeseries
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models import common as style
from grafana_foundation_sdk.models import dashboard as model
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

PanelBuilder = Builder[model.Panel]

SOURCE = model.DataSourceRef(type_val="prometheus", uid="${datasource}")
"""The Prometheus that is chosen above the panels: no dashboard knows the name that a Grafana has for it."""
FIGURE, HALF, WHOLE = 4, 12, 24
"""Widths; a dashboard is 24 wide."""
LOW, HIGH = 4, 8
"""Heights of a figure and of all else."""
GOOD, POOR, BAD, PLAIN = "green", "orange", "red", "text"


class Unit(StrEnum):
    """Units of Grafana's that figures have here."""

    COUNT = "short"
    RATIO = "percentunit"
    WATTS = "watt"
    CELSIUS = "celsius"
    SECONDS = "s"
    MILLISECONDS = "ms"
    RATE = "reqps"
    USD = "currencyUSD"
    PLAIN = "none"


@dataclass(frozen=True)
class Column:
    """A column of a list that is asked for; the others are labels."""

    title: str
    expression: str
    unit: Unit


def figure(
    title: str, why: str, unit: Unit, expression: str, *, poor: float | None = None, bad: float | None = None
) -> PanelBuilder:
    """One number, as it is at the end of the time shown. poor, bad: from where it has another colour."""
    return (
        stat.Panel()
        .title(title)
        .description(why)
        .datasource(SOURCE)
        .unit(unit)
        .height(LOW)
        .span(FIGURE)
        .thresholds(_steps(poor, bad))
        .color_mode(style.BigValueColorMode.VALUE)
        .graph_mode(style.BigValueGraphMode.NONE)
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
        .with_target(prometheus.Dataquery().ref_id("A").expr(expression).instant())
    )


def graph(
    title: str,
    why: str,
    unit: Unit,
    queries: Mapping[str, str],
    *,
    width: int = HALF,
    stacked: bool = False,
) -> PanelBuilder:
    """Figures over time. queries: name of the series, with labels as `{{pool}}` -> query."""
    panel = (
        timeseries.Panel()
        .title(title)
        .description(why)
        .datasource(SOURCE)
        .unit(unit)
        .min(0)
        .height(HIGH)
        .span(width)
        .fill_opacity(25 if stacked else 0)
        .show_points(style.VisibilityMode.NEVER)
        .legend(_legend())
        .tooltip(
            common.VizTooltipOptions().mode(style.TooltipDisplayMode.MULTI).sort(style.SortOrder.DESCENDING)
        )
    )
    if stacked:
        panel.stacking(common.StackingConfig().mode(style.StackingMode.NORMAL).group("A"))
    for reference, (name, expression) in zip("ABCDEFGH", queries.items(), strict=False):
        panel.with_target(
            prometheus.Dataquery().ref_id(reference).expr(expression).legend_format(name).range()
        )
    return panel


def listing(
    title: str,
    why: str,
    labels: Mapping[str, str],
    columns: Sequence[Column],
    *,
    width: int = WHOLE,
) -> PanelBuilder:
    """A list of what is now, highest first. labels: label -> its title; every column has exactly these labels."""
    panel = (
        table.Panel()
        .title(title)
        .description(why)
        .datasource(SOURCE)
        .unit(columns[0].unit)
        .height(HIGH)
        .span(width)
        .align(style.FieldTextAlignment.AUTO)
        .sort_by([common.TableSortByFieldState().display_name(columns[0].title).desc(True)])
        .with_transformation(model.DataTransformerConfig(id_val="merge", options={}))
        .with_transformation(_named(labels, columns))
    )
    for reference, column in zip("ABCDEFGH", columns, strict=False):
        panel.with_target(
            prometheus.Dataquery()
            .ref_id(reference)
            .expr(column.expression)
            .instant()
            .format(PromQueryFormat.TABLE)
        )
    for column in columns[1:]:
        panel.override_by_name(column.title, [model.DynamicConfigValue(id_val="unit", value=column.unit)])
    return panel


def _named(labels: Mapping[str, str], columns: Sequence[Column]) -> model.DataTransformerConfig:
    """Labels first, then figures. With one query its figure is called Value, with several Value #A."""
    alone = len(columns) == 1
    values = {
        "Value" if alone else f"Value #{reference}": column.title
        for reference, column in zip("ABCDEFGH", columns, strict=False)
    }
    names = {**labels, **values}
    return model.DataTransformerConfig(
        id_val="organize",
        options={
            "excludeByName": {"Time": True},
            "indexByName": {name: place for place, name in enumerate(names)},
            "renameByName": names,
        },
    )


def _legend() -> common.VizLegendOptions:
    return (
        common.VizLegendOptions()
        .show_legend(True)
        .display_mode(style.LegendDisplayMode.LIST)
        .placement(style.LegendPlacement.BOTTOM)
        .calcs([])
    )


def _steps(poor: float | None, bad: float | None) -> dashboard.ThresholdsConfig:
    """Colours from a value on; without a bound the figure says nothing about good or bad."""
    bounds = [(poor, POOR), (bad, BAD)]
    found = [model.Threshold(value, colour) for value, colour in bounds if value is not None]
    first = model.Threshold(None, GOOD if found else PLAIN)
    return dashboard.ThresholdsConfig().mode(model.ThresholdsMode.ABSOLUTE).steps([first, *found])
