"""What the server warns of, as the operator is told it: rows of the catalogue that apply to a plan."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set

from fairlead.catalog.alerts import AlertRow
from fairlead.contract.chart import Object
from fairlead.layers.monitoring import alert_records
from fairlead.layers.monitoring.place import API, metadata
from fairlead.plan.monitoring_model import MonitoringPlan

NAME = "fairlead-alerts"
RECORDS = f"{NAME}-records"


def applying(plan: MonitoringPlan, layers: Set[str], rows: Iterable[AlertRow]) -> list[AlertRow]:
    """Those of which this platform has something to warn of. layers: those that run."""
    vendors = {row.name for row in plan.readings}
    return [
        row for row in rows if set(row.layers) <= layers and (not row.vendors or vendors & set(row.vendors))
    ]


def rule(row: AlertRow) -> Mapping[str, object]:
    """As a PrometheusRule has it."""
    return {
        "alert": row.name,
        "expr": row.expr.strip(),
        "for": row.lasting,
        "labels": {"severity": row.severity},
        "annotations": {
            "summary": row.summary,
            "description": " ".join(row.means.split()),
            "runbook": row.runbook,
        },
    }


def objects(plan: MonitoringPlan, layers: Set[str], rows: Iterable[AlertRow]) -> list[Object]:
    """Series that alerts alone ask for, and the alerts: one object for each topic, so that each can be looked at."""
    topics: dict[str, list[AlertRow]] = {}
    for row in applying(plan, layers, rows):
        topics.setdefault(row.topic, []).append(row)
    recorded = [one.rule for one in alert_records.records(plan, layers)]
    return [
        *([_group(RECORDS, recorded)] if recorded else []),
        *(_group(f"{NAME}-{topic}", [rule(row) for row in found]) for topic, found in topics.items()),
    ]


def _group(name: str, rules: Sequence[Mapping[str, object]]) -> Object:
    return {
        "apiVersion": API,
        "kind": "PrometheusRule",
        "metadata": metadata(name),
        "spec": {"groups": [{"name": name, "rules": rules}]},
    }
