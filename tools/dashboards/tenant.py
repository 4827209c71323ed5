"""A tenant: what it holds, whether it uses that, what it waits for and what it costs."""

from __future__ import annotations

from dashboards.board import Board
from dashboards.panels import HALF, Column, Unit, figure, graph, listing
from dashboards.queries import IDLE, TENANT, idle, of_tenant, or_none
from fairlead import series

_TENANT = 'tenant=~"$tenant"'
_WAITING = f"{series.WORKLOAD_WAITING}{{{_TENANT}}}"

_NOW = [
    figure(
        "Held",
        "Accelerators, or shares of them, that the tenant's pods hold.",
        Unit.COUNT,
        or_none(f"sum({series.TENANT_HELD}{{{_TENANT}}})"),
    ),
    figure(
        "Utilisation",
        "How busy the accelerators are that the tenant holds, on average.",
        Unit.RATIO,
        f"avg({series.ACCELERATOR_UTILIZATION}{{{_TENANT}}})",
    ),
    figure(
        "Held and idle",
        f"Accelerators that a pod holds and has not used for {IDLE // 60} minutes.",
        Unit.COUNT,
        or_none(idle(_TENANT)),
        poor=1,
    ),
    figure("Waiting", "Workloads that wait for their place.", Unit.COUNT, or_none(f"count({_WAITING})")),
    figure(
        "Longest wait", "How long the first of them has waited.", Unit.SECONDS, or_none(f"max({_WAITING})")
    ),
    figure(
        "USD an hour",
        "What the accelerators cost that the tenant holds.",
        Unit.USD,
        or_none(f"sum({series.TENANT_SPEND}{{{_TENANT}}})"),
    ),
]
_HELD = [
    graph(
        "Held, by stage",
        "Accelerators held for testing, for training and for inference.",
        Unit.COUNT,
        {"{{stage}}": f"sum by (stage) ({series.TENANT_HELD}{{{_TENANT}}})"},
        stacked=True,
    ),
    graph(
        "Held, by pool",
        "Where the accelerators are.",
        Unit.COUNT,
        {"{{pool}}": f"sum by (pool) ({series.TENANT_HELD}{{{_TENANT}}})"},
        stacked=True,
    ),
    graph(
        "Utilisation, by workload",
        "How busy the accelerators of each workload are on average.",
        Unit.RATIO,
        {
            "{{namespace}}/{{workload}}": "avg by (namespace, workload) "
            f"({series.ACCELERATOR_UTILIZATION}{{{_TENANT}}})"
        },
    ),
    graph(
        "Memory, by workload",
        "Used part of the memory of each workload's accelerators, on average.",
        Unit.RATIO,
        {
            "{{namespace}}/{{workload}}": "avg by (namespace, workload) "
            f"({series.ACCELERATOR_MEMORY}{{{_TENANT}}})"
        },
    ),
]
_ATTENTION = [
    listing(
        "Held and idle",
        "Which workloads have accelerators that do nothing, and for how long.",
        {"workload": "Workload", "stage": "Stage", "pool": "Pool"},
        [
            Column(
                "Idle for",
                f"max by (workload, stage, pool) ({series.ACCELERATOR_IDLE}{{{_TENANT}}} > {IDLE})",
                Unit.SECONDS,
            ),
            Column("Accelerators", idle(_TENANT, "by (workload, stage, pool)"), Unit.COUNT),
        ],
        width=HALF,
    ),
    listing(
        "Waiting",
        "Workloads that wait for their place, and for how long.",
        {"queue": "Queue", "owner_kind": "Kind", "owner": "Name"},
        [Column("Waits for", f"max by (queue, owner_kind, owner) ({_WAITING})", Unit.SECONDS)],
        width=HALF,
    ),
    graph(
        "Containers that do not start",
        "Containers of the tenant's pods that wait, by what for.",
        Unit.COUNT,
        {"{{reason}}": f"sum by (reason) ({of_tenant('kube_pod_container_status_waiting_reason')})"},
        stacked=True,
    ),
    graph(
        "Restarts in an hour",
        "How often containers of the tenant's pods were started again.",
        Unit.COUNT,
        {
            "{{namespace}}/{{pod}}": "sum by (namespace, pod) "
            f"({of_tenant('increase(kube_pod_container_status_restarts_total[1h])')})"
        },
    ),
]
_COST = [
    graph(
        "Spend and budget",
        "What the accelerators cost that the tenant holds, and what it may cost.",
        Unit.USD,
        {
            "{{tenant}} spends": f"sum by (tenant) ({series.TENANT_SPEND}{{{_TENANT}}})",
            "{{tenant}} budget": f"max by (tenant) ({series.TENANT_BUDGET}{{{_TENANT}}})",
        },
        width=24,
    ),
]

BOARD = Board(
    "tenant",
    "tenant",
    "What a tenant holds, whether it uses that, what it waits for and what it costs.",
    {"Now": _NOW, "Accelerators": _HELD, "Worth a look": _ATTENTION, "Cost": _COST},
    [TENANT],
)
