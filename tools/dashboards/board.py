"""A dashboard: its rows of panels, what can be chosen above them, and the text that Grafana reads."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from grafana_foundation_sdk.builders import dashboard
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import dashboard as model

from dashboards.panels import SOURCE, PanelBuilder

TAG = "fairlead"
EVERYTHING = ".*"
"""What stands for all values of a variable: also those of series that lack the label."""
LINE = 120
"""Longest line of the text, where what stands on it can be parted."""
QUERY = {"qryType": 1, "refId": "PrometheusVariableQueryEditor-VariableQuery"}
"""How Grafana's source for Prometheus knows a query of its editor again."""


@dataclass(frozen=True)
class Variable:
    """What can be chosen above the panels: values of a label."""

    label: str
    title: str
    series: str
    """A selector of the series that have it."""
    name: str = ""
    """By which panels know it, if not the label's."""

    def built(self) -> Builder[model.VariableModel]:
        """As Grafana has it: several can be chosen, and all are at first."""
        called = f"label_values({self.series}, {self.label})"
        return (
            dashboard.QueryVariable(self.name or self.label)
            .label(self.title)
            .datasource(SOURCE)
            .query({"query": called, **QUERY})
            .multi(True)
            .include_all(True)
            .all_value(EVERYTHING)
            .current(model.VariableOption(selected=True, text=["All"], value=["$__all"]))
            .refresh(model.VariableRefresh.ON_TIME_RANGE_CHANGED)
            .sort(model.VariableSort.ALPHABETICAL_ASC)
        )


@dataclass(frozen=True)
class Board:
    """A dashboard. Rows: title -> panels, line by line, each line 24 wide."""

    name: str
    title: str
    answers: str
    rows: Mapping[str, Sequence[PanelBuilder]]
    variables: Sequence[Variable] = ()
    since: str = "now-6h"

    def text(self) -> str:
        """What Grafana reads: the same bytes each time."""
        plain: Any = json.loads(JSONEncoder().encode(self._built().build()))
        for number, panel in enumerate(plain["panels"], 1):
            panel["id"] = number
        return written(plain) + "\n"

    def _built(self) -> dashboard.Dashboard:
        made = (
            dashboard.Dashboard(f"Fairlead: {self.title}")
            .uid(f"{TAG}-{self.name}")
            .description(self.answers)
            .tags([TAG])
            .time(self.since, "now")
            .refresh("1m")
            .tooltip(model.DashboardCursorSync.CROSSHAIR)
            .link(_others())
            .with_variable(dashboard.DatasourceVariable("datasource").label("Prometheus").type("prometheus"))
        )
        for variable in self.variables:
            made.with_variable(variable.built())
        for title, panels in self.rows.items():
            made.with_row(dashboard.Row(title))
            for panel in panels:
                made.with_panel(panel)
        return made


def _others() -> Builder[model.DashboardLink]:
    """The way to the other dashboards: what is chosen here is chosen there."""
    return (
        dashboard.DashboardLink("Fairlead")
        .type(model.DashboardLinkType.DASHBOARDS)
        .tags([TAG])
        .include_vars(True)
        .keep_time(True)
    )


def written(value: Any, indent: int = 0) -> str:
    """JSON in which what fits on a line stands on one: a change of a panel is a change of few lines."""
    flat = json.dumps(value, sort_keys=True, ensure_ascii=False)
    if len(flat) + indent <= LINE or not value or not isinstance(value, dict | list):
        return flat
    if isinstance(value, list):
        ends, parts = "[]", [written(one, indent + 1) for one in value]  # pyright: ignore[reportUnknownVariableType]
    else:
        ends = "{}"
        parts = [f"{json.dumps(key)}: {written(value[key], indent + 1)}" for key in sorted(value)]  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    inner, outer = "\n" + " " * (indent + 1), "\n" + " " * indent
    return f"{ends[0]}{inner}{f',{inner}'.join(parts)}{outer}{ends[1]}"
