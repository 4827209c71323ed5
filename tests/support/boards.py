"""Dashboards as tests look at them: their panels, what these ask for, and whose series those are."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from fairlead.catalog import dashboards
from fairlead.catalog.read import load
from fairlead.layers.monitoring import rules, states
from fairlead.plan.monitoring_model import MonitoringPlan, NodePrice

CATALOG = load()
PLAN = MonitoringPlan(
    True,
    interval="30s",
    readings=tuple(CATALOG.readings.values()),
    resources=tuple(sorted({row.resource for row in CATALOG.accelerators.values()})),
    prices=(NodePrice("h100", "spot", 4),),
    budgets={"team-a": 2},
)
LAYERS = {"queue", "gateway"}
"""Those whose programs tell what dashboards show."""
EXPORTERS: Mapping[str, Sequence[str]] = {
    "pkg/metrics/metrics.go of sigs.k8s.io/kueue v0.19.2": (
        "kueue_admission_wait_time_seconds_bucket",
        "kueue_admitted_active_workloads",
        "kueue_admitted_workloads_total",
        "kueue_cluster_queue_nominal_quota",
        "kueue_cluster_queue_resource_pending",
        "kueue_cluster_queue_resource_usage",
        "kueue_cluster_queue_status",
        "kueue_evicted_workloads_total",
        "kueue_pending_workloads",
        "kueue_preempted_workloads_total",
    ),
    "docs/root/configuration/upstream/cluster_manager/cluster_stats.rst of github.com/envoyproxy/envoy v1.38.3": (
        "envoy_cluster_membership_healthy",
        "envoy_cluster_upstream_rq_active",
        "envoy_cluster_upstream_rq_pending_active",
        "envoy_cluster_upstream_rq_time_bucket",
        "envoy_cluster_upstream_rq_xx",
    ),
    "etc/default-counters.csv of github.com/NVIDIA/dcgm-exporter 4.5.3-4.8.2": (
        "DCGM_FI_DEV_PCIE_REPLAY_COUNTER",
        "DCGM_FI_DEV_ROW_REMAP_FAILURE",
        "DCGM_FI_DEV_UNCORRECTABLE_REMAPPED_ROWS",
        "DCGM_FI_DEV_XID_ERRORS",
    ),
    "pkg/amdgpu/gpuagent/gpuagent_gpu_metrics.go of github.com/ROCm/device-metrics-exporter afd0fe8": (
        "gpu_ecc_uncorrect_total",
        "gpu_health",
        "pcie_replay_count",
    ),
    "neuron-monitor's user guide and neuron-monitor-prometheus.py of github.com/aws-neuron/aws-neuron-sdk": (
        "execution_errors_total",
        "hardware_ecc_events_total",
    ),
}
"""Where it is written -> series that programs tell of themselves."""
WORDS = {"and", "or", "unless", "bool", "offset", "by", "without", "on", "ignoring"}
GROUPED = r"\b(by|without|on|ignoring|group_left|group_right)\s*\([^()]*\)"
CHOSEN: Mapping[str, str] = {
    "pool": "h100",
    "node": "(n1|n2)",
    "tenant": "team-a",
    "namespace": "team-a",
    "job": "train",
}
"""Variable -> a value of the sample cluster, or two as Grafana writes them."""
TIMES: Mapping[str, str] = {"$__rate_interval": "5m", "$__range": "1h"}


@dataclass(frozen=True)
class Query:
    """What one panel asks for."""

    board: str
    panel: str
    reference: str
    expression: str
    legend: str = ""

    @property
    def name(self) -> str:
        return f"{self.board}:{self.panel}:{self.reference}"

    def filled(self, values: Mapping[str, str] | None = None) -> str:
        """As it is asked: all values of each variable, or these."""
        return filled(self.expression, values)


def filled(expression: str, values: Mapping[str, str] | None = None) -> str:
    """An expression with values for its variables."""
    for name, value in {**{f"${name}": (values or {}).get(name, ".*") for name in CHOSEN}, **TIMES}.items():
        expression = re.sub(rf"{re.escape(name)}\b", value, expression)
    return expression


@cache
def board(name: str) -> Mapping[str, Any]:
    return json.loads(dashboards.text(name))


def panels(name: str) -> list[Mapping[str, Any]]:
    """All but the titles of rows."""
    return [panel for panel in board(name)["panels"] if panel["type"] != "row"]


def queries(name: str) -> list[Query]:
    return [
        Query(name, panel["title"], target["refId"], target["expr"], target.get("legendFormat", ""))
        for panel in panels(name)
        for target in panel["targets"]
    ]


def every() -> list[Query]:
    """Of all dashboards."""
    return [query for name in dashboards.NEEDS for query in queries(name)]


def one(name: str, panel: str, reference: str = "A") -> Query:
    """The query of a panel. Two panels of a dashboard may have one title; the first counts."""
    return next(query for query in queries(name) if (query.panel, query.reference) == (panel, reference))


def variables(name: str) -> Mapping[str, str]:
    """Name -> selector by which Grafana finds the values; the choice of the source has none."""
    found = board(name)["templating"]["list"]
    return {
        each["name"]: re.sub(r"^label_values\((.+), \w+\)$", r"\1", each["query"]["query"])
        for each in found
        if each["type"] == "query"
    }


def metrics(expression: str) -> set[str]:
    """Names of the series that an expression asks for."""
    plain = re.sub(r'"(\\.|[^"\\])*"', "", expression)
    plain = re.sub(r"\{[^}]*\}|\[[^\]]*\]", "", plain)
    plain = re.sub(GROUPED, "", plain)
    words = re.findall(r"(?<![\w:.])[a-zA-Z_:][\w:]*\b(?!\s*\()", plain)
    return {word for word in words if word not in WORDS}


@cache
def known() -> frozenset[str]:
    """Series that rules record, or that programs tell."""
    recorded = {record.name for record in rules.records(PLAN, LAYERS)}
    return frozenset({*recorded, *(name for names in EXPORTERS.values() for name in names)})


def unknown(expression: str) -> set[str]:
    """Of what an expression asks for what nobody tells."""
    kept = re.compile("|".join(states.KEPT))
    return {name for name in metrics(expression) - known() if not kept.fullmatch(name)}
