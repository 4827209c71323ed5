"""Cases of alerts, one file for each: series on which it fires, and neighbours on which it stays silent.

tests/reference/prometheus/alerts/<topic>/<Alert>.yaml:

    interval: 1m                    # between two samples, and two evaluations; 1m if left out
    fires:                          # or a list of them
      series: {SERIES: VALUES}      # both in promtool's words
      at: 30m
      labels: {LABEL: VALUE}        # all of the alert's, without name and severity
      summary: TEXT                 # as it reads then
      not_yet: 5m                   # optional: when it did not fire
    silent:
      - because: TEXT
        series: {SERIES: VALUES}
        at: 30m
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from fairlead.catalog.alerts import AlertRow
from fairlead.catalog.read import load
from fairlead.layers.monitoring import alert_records, alerts, rules
from fairlead.layers.monitoring.promql import Record
from fairlead.plan.layer_rows import ROWS
from fairlead.plan.monitoring_model import MonitoringPlan
from reference.prometheus.promtool import asked, given

FOLDER = Path(__file__).parent / "alerts"
CATALOG = load()
PLAN = MonitoringPlan(
    True,
    "30s",
    "15d",
    "20Gi",
    "2Gi",
    tuple(CATALOG.readings.values()),
    tuple(sorted({row.resource for row in CATALOG.accelerators.values()})),
)
"""With everything: all vendors."""
LAYERS = frozenset(ROWS)


def records() -> list[Record]:
    """All that is recorded where every layer runs."""
    return [*rules.records(PLAN, LAYERS), *alert_records.records(PLAN, LAYERS)]


def case(row: AlertRow) -> Mapping[str, Any]:
    """Its file, with lists of both. Raises FileNotFoundError where it has none."""
    told = yaml.safe_load((FOLDER / row.topic / f"{row.name}.yaml").read_text(encoding="utf-8"))
    fires = told["fires"]
    return {**told, "fires": fires if isinstance(fires, list) else [fires]}


def said(row: AlertRow, expr: str = "") -> str:
    """What promtool says of an alert's cases, empty where all hold. expr: another expression in the row's place."""
    told = case(row)
    rule = {**alerts.rule(row), "annotations": {"summary": row.summary}}
    if expr:
        rule["expr"] = expr
    made = [one.rule for one in _needed(str(rule["expr"]))]
    groups = [{"name": "records", "rules": made}, {"name": "alerts", "rules": [rule]}]
    return asked(groups, list(_tests(row, told)), told.get("interval", "1m"))


def _needed(expr: str) -> list[Record]:
    """Records that an expression asks for, and those that they are made of, in their order."""
    known = records()
    wanted, before = {one.name for one in known if one.name in expr}, -1
    while before != len(wanted):
        before = len(wanted)
        asked_for = " ".join(one.expression for one in known if one.name in wanted)
        wanted |= {one.name for one in known if one.name in asked_for}
    return [one for one in known if one.name in wanted]


def _tests(row: AlertRow, told: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for one in told["fires"]:
        expected = {
            "exp_labels": {**one.get("labels", {}), "severity": row.severity},
            "exp_annotations": {"summary": one["summary"]},
        }
        before = [_step(row, one["not_yet"], [])] if "not_yet" in one else []
        yield _test("fires", told, one["series"], [*before, _step(row, one["at"], [expected])])
    for one in told["silent"]:
        yield _test(one["because"], told, one["series"], [_step(row, one["at"], [])])


def _test(
    name: str, told: Mapping[str, Any], series: Mapping[str, str], steps: Sequence[Mapping[str, Any]]
) -> Mapping[str, Any]:
    return {
        "name": name,
        "interval": told.get("interval", "1m"),
        "input_series": given({name: str(values) for name, values in series.items()}),
        "alert_rule_test": list(steps),
    }


def _step(row: AlertRow, at: str, expected: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    return {"eval_time": at, "alertname": row.name, "exp_alerts": list(expected)}
