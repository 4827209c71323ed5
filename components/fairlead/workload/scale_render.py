"""A scale as KEDA's ScaledObject, which makes the HPA: a pure function, the same bytes on every target.

Fields and defaults: the CRD, pkg/scalers/prometheus_scaler.go and pkg/scalers/cron_scaler.go of the module
github.com/kedacore/keda/v2 v2.21.0.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from fairlead import labels, series
from fairlead.errors import InputError
from fairlead.values import seconds
from fairlead.workload.scale import DEMAND, ServiceScale
from fairlead.workload.schedule import Schedule

API_VERSION = "keda.sh/v1alpha1"
KIND = "ScaledObject"
POLL_SECONDS = 5
"""How often a sleeping service is looked at: it answers that much later."""
FAILURES = 3
"""Questions in a row that nobody answers before the fallback holds."""
NEVER = "1"
"""Activation threshold of shares: they are never above 1, so readings of accelerators keep no service awake. Their
memory is full as long as a model is loaded."""


@dataclass(frozen=True)
class Metric:
    """One recorded series, and how it is put to use."""

    series: str
    over: str
    """How the series of one workload become one number."""
    kind: str
    """AverageValue: divided by the replicas. Value: held against the target as it is."""
    share: bool = False
    """Whether it is a share, 0 to 1, of what users say in percent."""


METRICS = {
    "requests_per_second": Metric(series.SERVICE_REQUESTS, "sum", "AverageValue"),
    "concurrency": Metric(series.SERVICE_CONCURRENCY, "sum", "AverageValue"),
    "queue_length": Metric(series.SERVICE_QUEUE, "sum", "AverageValue"),
    "accelerator_utilization": Metric(series.ACCELERATOR_UTILIZATION, "avg", "Value", share=True),
    "accelerator_memory": Metric(series.ACCELERATOR_MEMORY, "avg", "Value", share=True),
}
"""Target of a scale -> what tells of it."""


def render(scale: ServiceScale) -> list[dict[str, Any]]:
    """The objects of a scale. Raises InputError for one whose parts do not fit together."""
    problems = list(scale.conflicts())
    if problems:
        raise InputError(scale.name, problems)
    return [
        {
            "apiVersion": API_VERSION,
            "kind": KIND,
            "metadata": {
                "name": scale.name,
                "namespace": scale.tenant,
                "labels": {labels.TENANT: scale.tenant, labels.MANAGED_BY: "fairlead"},
            },
            "spec": _spec(scale),
        }
    ]


def _spec(scale: ServiceScale) -> dict[str, Any]:
    stable = {"scaleDown": {"stabilizationWindowSeconds": seconds(scale.scale_down_after)}}
    return {
        "scaleTargetRef": {
            "apiVersion": "apps/v1",
            "kind": scale.workload_kind,
            "name": scale.workload_name,
        },
        "minReplicaCount": scale.min,
        "maxReplicaCount": scale.max,
        **(_sleep(scale) if scale.min == 0 else {}),
        # Who sees nothing takes nothing away: what runs goes on, and what should always run comes.
        "fallback": {
            "failureThreshold": FAILURES,
            "replicas": max(scale.min, 1),
            "behavior": "currentReplicasIfHigher",
        },
        "advanced": {"horizontalPodAutoscalerConfig": {"behavior": stable}},
        "triggers": [
            *(_trigger(scale, name, value) for name, value in scale.targets.said.items()),
            *([_times(scale.schedule)] if scale.schedule else []),
        ],
    }


def _sleep(scale: ServiceScale) -> dict[str, Any]:
    """To and from zero. A new service has as long to get its first request as one that was asked before."""
    idle = scale.idle_seconds
    return {"pollingInterval": POLL_SECONDS, "cooldownPeriod": idle, "initialCooldownPeriod": idle}


def _trigger(scale: ServiceScale, name: str, value: float) -> dict[str, Any]:
    metric = METRICS[name]
    found = zip(series.WORKLOAD_LABELS, (scale.tenant, scale.workload_name), strict=True)
    chosen = ",".join(f'{label}="{text}"' for label, text in found)
    # No request is no series: that is none. No reading of an accelerator that runs is a failure to read it,
    # and takes no replica away; at zero there is none to read.
    missing_is_none = name in DEMAND or scale.min == 0
    return {
        "type": "prometheus",
        "name": name.replace("_", "-"),
        "metricType": metric.kind,
        "metadata": {
            "serverAddress": labels.METRICS_URL,
            "query": f"{metric.over}({metric.series}{{{chosen}}})",
            "threshold": _decimal(Decimal(str(value)) / 100 if metric.share else Decimal(str(value))),
            "activationThreshold": NEVER if metric.share else "0",
            "ignoreNullValues": "true" if missing_is_none else "false",
        },
    }


def _times(schedule: Schedule) -> dict[str, Any]:
    """UTC alone: the images that are built have no table of time zones."""
    said = {"start": schedule.start, "end": schedule.end, "desiredReplicas": str(schedule.replicas)}
    return {"type": "cron", "name": "schedule", "metadata": {"timezone": "UTC", **said}}


def _decimal(value: Decimal) -> str:
    """As digits, without an exponent and without zeros that say nothing."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
