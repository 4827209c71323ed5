"""What the server computes out of what it gathers, as the operator is told it."""

from __future__ import annotations

from collections.abc import Collection

from fairlead.contract.chart import Object
from fairlead.layers.monitoring import devices, names, services, spend
from fairlead.layers.monitoring.place import API, metadata
from fairlead.layers.monitoring.promql import Record
from fairlead.plan.monitoring_model import MonitoringPlan

NAMES = "fairlead-names"


def records(plan: MonitoringPlan, layers: Collection[str]) -> list[Record]:
    """Every record, in the order in which they are computed. layers: those that run."""
    return [
        *names.records(plan.resources, queues="queue" in layers),
        *devices.records(plan.readings),
        *spend.records(plan),
        *(services.records(plan.interval) if "gateway" in layers else ()),
    ]


def objects(plan: MonitoringPlan, layers: Collection[str]) -> list[Object]:
    """The rules. One group: what is computed out of another record is of the same moment then."""
    named = {"name": NAMES, "rules": [one.rule for one in records(plan, layers)]}
    return [
        {
            "apiVersion": API,
            "kind": "PrometheusRule",
            "metadata": metadata(NAMES),
            "spec": {"groups": [named]},
        }
    ]
