"""What is served: requests, how long they take, what fails, and who answers them.

Counted by the gateway's proxies, so that requests that no pod took count too. Latencies are of Envoy's buckets.
"""

from __future__ import annotations

from dashboards.board import Board
from dashboards.panels import Unit, figure, graph
from dashboards.queries import NAMESPACE, by_route, or_none, to_tenants
from fairlead import labels, series

_ANSWERED, _OVER = "envoy_cluster_upstream_rq_xx", "[$__rate_interval]"
"""Answers and not requests: one that found no pod has an answer of the proxy, and was never sent on."""
_CLASS = 'envoy_response_code_class="{}"'
_ANSWERS = f"rate({to_tenants(_ANSWERED)}{_OVER})"
_FAILED = f"rate({to_tenants(_ANSWERED, _CLASS.format(5))}{_OVER})"
_REFUSED = f"rate({to_tenants(_ANSWERED, _CLASS.format(4))}{_OVER})"
_TIMES = f"rate({to_tenants('envoy_cluster_upstream_rq_time_bucket')}{_OVER})"
_ACTIVE = to_tenants("envoy_cluster_upstream_rq_active")
_PENDING = to_tenants("envoy_cluster_upstream_rq_pending_active")
_INFERENCE = f'namespace=~"$namespace", stage="{labels.STAGES[-1]}"'
_HERE = 'namespace=~"$namespace"'
_DEPLOYMENTS = ("kube_deployment_spec_replicas", "kube_deployment_status_replicas_available")
_SETS = ("kube_statefulset_replicas", "kube_statefulset_status_replicas_ready")
"""Replicas that should be there, and that are."""


def _within(part: float, by_time: str) -> str:
    return f"histogram_quantile({part}, {by_time})"


def _missing(wanted: str, there: str) -> str:
    return or_none(f"sum(clamp_min({wanted}{{{_HERE}}} - {there}, 0))")


def _replicas(kind: str, wanted: str, there: str) -> dict[str, str]:
    name = f"{{{{namespace}}}}/{{{{{kind}}}}}"
    return {f"{name} wanted": f"{wanted}{{{_HERE}}}", f"{name} there": f"{there}{{{_HERE}}}"}


_NOW = [
    figure("Requests a second", "Answers that were given.", Unit.RATE, f"sum({_ANSWERS})"),
    figure(
        "Failed, part",
        "Part of the answers with a status of 500 or more.",
        Unit.RATIO,
        f"({or_none(f'sum({_FAILED})')}) / sum({_ANSWERS})",
        poor=0.01,
        bad=0.05,
    ),
    figure(
        "95 of 100 within",
        "Time within which 95 of 100 requests were answered by their pods.",
        Unit.MILLISECONDS,
        _within(0.95, f"sum by (le) ({_TIMES})"),
    ),
    figure("In flight", "Requests that have arrived and are not answered.", Unit.COUNT, f"sum({_ACTIVE})"),
    figure(
        "Replicas missing",
        "Replicas of Deployments and StatefulSets that should be there and are not.",
        Unit.COUNT,
        f"({_missing(*_DEPLOYMENTS)}) + ({_missing(*_SETS)})",
        poor=1,
    ),
    figure(
        "Accelerators",
        "Accelerators, or shares of them, that pods hold which serve.",
        Unit.COUNT,
        or_none(f"sum({series.POD_ACCELERATORS}{{{_INFERENCE}}})"),
    ),
]
_REQUESTS = [
    graph(
        "Requests, by route",
        "Answers a second.",
        Unit.RATE,
        {"{{route}}": by_route(_ANSWERS)},
        stacked=True,
    ),
    graph(
        "Not answered well, by route",
        "Answers a second with a status of 500 or more, and with one of 400 to 499.",
        Unit.RATE,
        {"{{route}} 5xx": by_route(_FAILED), "{{route}} 4xx": by_route(_REFUSED)},
    ),
    graph(
        "Latency, by route",
        "Time within which 50, 95 and 99 of 100 requests were answered by their pods.",
        Unit.MILLISECONDS,
        {f"{{{{route}}}} {part}": _within(part / 100, by_route(_TIMES, "le")) for part in (50, 95, 99)},
    ),
    graph(
        "In flight, by route",
        "Requests that are not answered, and those of them that no connection to a pod has taken.",
        Unit.COUNT,
        {"{{route}}": by_route(_ACTIVE), "{{route}} waiting": by_route(_PENDING)},
    ),
]
_REPLICAS = [
    graph(
        "Replicas of Deployments",
        "How many should be there, and how many are ready.",
        Unit.COUNT,
        _replicas("deployment", *_DEPLOYMENTS),
    ),
    graph(
        "Replicas of StatefulSets",
        "How many should be there, and how many are ready.",
        Unit.COUNT,
        _replicas("statefulset", *_SETS),
    ),
    graph(
        "Pods that take requests, by route",
        "Pods to which the gateway sends requests.",
        Unit.COUNT,
        # Every proxy has its own view of the same pods.
        {
            "{{route}}": by_route(
                f"max by (envoy_cluster_name) ({to_tenants('envoy_cluster_membership_healthy')})"
            )
        },
    ),
    graph(
        "Accelerators, by workload",
        "Accelerators, or shares of them, that each workload's pods hold.",
        Unit.COUNT,
        {
            "{{namespace}}/{{workload}}": "sum by (namespace, workload) "
            f"({series.POD_ACCELERATORS}{{{_INFERENCE}}})"
        },
        stacked=True,
    ),
    graph(
        "Utilisation, by workload",
        "How busy these accelerators are on average.",
        Unit.RATIO,
        {
            "{{namespace}}/{{workload}}": "avg by (namespace, workload) "
            f"({series.ACCELERATOR_UTILIZATION}{{{_INFERENCE}}})"
        },
    ),
    graph(
        "Memory, by workload",
        "Used part of their memory, on average. Most servers of language models take all that they may at their start.",
        Unit.RATIO,
        {
            "{{namespace}}/{{workload}}": "avg by (namespace, workload) "
            f"({series.ACCELERATOR_MEMORY}{{{_INFERENCE}}})"
        },
    ),
]

BOARD = Board(
    "serving",
    "serving",
    "What is asked for through the gateway, how long answers take, what fails, and who answers.",
    {"Now": _NOW, "Requests": _REQUESTS, "Who answers": _REPLICAS},
    [NAMESPACE],
)
