"""What kube-state-metrics is told to tell of kinds that it does not know: workloads in queues, and who answers a route.

Its own words for it: docs/metrics/extend/customresourcestate-metrics.md of k8s.io/kube-state-metrics/v2 v2.19.1.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

VERSIONS = 8
"""Versions of one model that are told apart: more share no route in practice."""
QUIET = 8
"""Loudness of the log from which on it is said that a path leads nowhere: most routes have one version."""


@dataclass(frozen=True)
class Kind:
    """A kind, where its layer runs."""

    layer: str
    group: str
    version: str
    kind: str
    plural: str
    series: str
    """How the names of its series begin."""
    labels: Mapping[str, Sequence[str]]
    """Label -> path in the object."""
    metrics: Sequence[Mapping[str, Any]]


def _gauge(name: str, text: str, path: Sequence[str], **more: Any) -> Mapping[str, Any]:
    return {"name": name, "help": text, "each": {"type": "Gauge", "gauge": {"path": list(path), **more}}}


_CONDITION = {"labelsFromPath": {"type": ["type"], "reason": ["reason"]}}
_CONDITIONS = ("status", "conditions")
WORKLOADS = Kind(
    "queue",
    "kueue.x-k8s.io",
    "v1beta2",
    "Workload",
    "workloads",
    "fairlead_workload",
    {
        "namespace": ["metadata", "namespace"],
        "name": ["metadata", "name"],
        "queue": ["spec", "queueName"],
        "owner": ["metadata", "ownerReferences", "0", "name"],
        "owner_kind": ["metadata", "ownerReferences", "0", "kind"],
    },
    (
        _gauge("created", "When it was made", ("metadata", "creationTimestamp")),
        _gauge("condition", "Whether a condition holds", _CONDITIONS, **_CONDITION, valueFrom=["status"]),
        _gauge(
            "condition_since",
            "When a condition changed last",
            _CONDITIONS,
            **_CONDITION,
            valueFrom=["lastTransitionTime"],
        ),
    ),
)
ROUTES = Kind(
    "gateway",
    "gateway.networking.k8s.io",
    "v1",
    "HTTPRoute",
    "httproutes",
    "fairlead_route",
    {"namespace": ["metadata", "namespace"], "route": ["metadata", "name"]},
    tuple(
        {
            **_gauge(
                "backend",
                "Part of the calls that a Service gets by the first rule",
                ("spec", "rules", "0", "backendRefs", str(number)),
                labelsFromPath={"service": ["name"]},
                valueFrom=["weight"],
            ),
            "commonLabels": {"backend": str(number)},
            "errorLogV": QUIET,
        }
        for number in range(VERSIONS)
    ),
)
KINDS = (WORKLOADS, ROUTES)


def running(layers: Collection[str]) -> list[Kind]:
    """Those whose layers run."""
    return [one for one in KINDS if one.layer in layers]


def config(kinds: Sequence[Kind]) -> Mapping[str, Any]:
    """As its argument has it."""
    return {
        "kind": "CustomResourceStateMetrics",
        "spec": {
            "resources": [
                {
                    "groupVersionKind": {"group": one.group, "version": one.version, "kind": one.kind},
                    "metricNamePrefix": one.series,
                    "labelsFromPath": {label: list(path) for label, path in one.labels.items()},
                    "metrics": list(one.metrics),
                }
                for one in kinds
            ]
        },
    }
