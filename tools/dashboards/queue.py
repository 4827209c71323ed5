"""The queue: what waits, how long already and why, what was let go, and what was taken out again.

A tenant's ClusterQueue has the tenant's name.
"""

from __future__ import annotations

from dashboards.board import Board
from dashboards.panels import Column, Unit, figure, graph, listing
from dashboards.queries import TENANT, or_none
from fairlead import series

_QUEUE = 'cluster_queue=~"$tenant"'
_WAITING = f'{series.WORKLOAD_WAITING}{{tenant=~"$tenant"}}'
_TIMES = f"kueue_admission_wait_time_seconds_bucket{{{_QUEUE}}}"
_COUNTED = f'{_QUEUE}, resource!~"cpu|memory|ephemeral-storage|pods"'
"""What the accelerators' resources are called differs; these others do not."""
_MINUTES, _HOUR, _DAY = 600, 3600, 86_400

_NOW = [
    figure("Waiting", "Workloads that wait for their place.", Unit.COUNT, or_none(f"count({_WAITING})")),
    figure(
        "Longest wait",
        "How long the first of them has waited.",
        Unit.SECONDS,
        or_none(f"max({_WAITING})"),
        poor=_HOUR,
        bad=_DAY,
    ),
    figure(
        "Admitted",
        "Workloads that have their place and are not done.",
        Unit.COUNT,
        f"sum(kueue_admitted_active_workloads{{{_QUEUE}}})",
    ),
    figure(
        "Cannot run as they are",
        "Waiting workloads that Kueue does not try before something changes: they ask for more than they may have.",
        Unit.COUNT,
        or_none(f'sum(kueue_pending_workloads{{{_QUEUE}, status="inadmissible"}})'),
        poor=1,
    ),
    figure(
        "Evicted in an hour",
        "Workloads that lost their place.",
        Unit.COUNT,
        or_none(f"sum(increase(kueue_evicted_workloads_total{{{_QUEUE}}}[1h]))"),
    ),
    figure(
        "Queues not active",
        "Queues that let nothing go: a flavor or a check is missing, or they are stopped.",
        Unit.COUNT,
        or_none(f'sum(max by (cluster_queue) (kueue_cluster_queue_status{{{_QUEUE}, status!="active"}}))'),
        bad=1,
    ),
]
_WAITS = [
    graph(
        "Waiting, by tenant",
        "Workloads that wait for their place.",
        Unit.COUNT,
        {"{{tenant}}": f"count by (tenant) ({_WAITING})"},
        stacked=True,
    ),
    graph(
        "Waiting, by how long already",
        "Workloads that wait, from less than ten minutes to more than a day.",
        Unit.COUNT,
        {
            "under 10 minutes": or_none(f"count({_WAITING} < {_MINUTES})"),
            "10 minutes to an hour": or_none(f"count({_WAITING} >= {_MINUTES} < {_HOUR})"),
            "an hour to a day": or_none(f"count({_WAITING} >= {_HOUR} < {_DAY})"),
            "over a day": or_none(f"count({_WAITING} >= {_DAY})"),
        },
        stacked=True,
    ),
    listing(
        "Waiting workloads",
        "Each that waits, the longest first.",
        {"tenant": "Tenant", "queue": "Queue", "owner_kind": "Kind", "owner": "Name"},
        [Column("Waits for", f"max by (tenant, queue, owner_kind, owner) ({_WAITING})", Unit.SECONDS)],
    ),
    graph(
        "Waiting, by whether Kueue tries them",
        "Those that are tried, and those that are not before something changes, as Kueue counts them.",
        Unit.COUNT,
        {
            "{{cluster_queue}} {{status}}": f"sum by (cluster_queue, status) (kueue_pending_workloads{{{_QUEUE}}})"
        },
        stacked=True,
    ),
    graph(
        "Time until admitted",
        "Within which 50 and 95 of 100 workloads had their place, of those that got it within the hour before.",
        Unit.SECONDS,
        {
            f"{{{{cluster_queue}}}} {part}": f"histogram_quantile({part / 100}, "
            f"sum by (le, cluster_queue) (increase({_TIMES}[1h])))"
            for part in (50, 95)
        },
    ),
]
_FLOW = [
    graph(
        "Admitted, by tenant",
        "Workloads that have their place and are not done.",
        Unit.COUNT,
        {"{{cluster_queue}}": f"sum by (cluster_queue) (kueue_admitted_active_workloads{{{_QUEUE}}})"},
        stacked=True,
    ),
    graph(
        "Admitted in an hour",
        "Workloads that got their place; again counts again.",
        Unit.COUNT,
        {
            "{{cluster_queue}}": "sum by (cluster_queue) "
            f"(increase(kueue_admitted_workloads_total{{{_QUEUE}}}[1h]))"
        },
        stacked=True,
    ),
    graph(
        "Evicted in an hour, by reason",
        "Workloads that lost their place: for others, for pods that did not start, for nodes that failed.",
        Unit.COUNT,
        {
            "{{cluster_queue}} {{reason}}": "sum by (cluster_queue, reason) "
            f"(increase(kueue_evicted_workloads_total{{{_QUEUE}}}[1h]))"
        },
        stacked=True,
    ),
    graph(
        "Evicted for others in an hour",
        "How many workloads had to go for one of a tenant, and by which right.",
        Unit.COUNT,
        {
            "{{preempting_cluster_queue}} {{reason}}": "sum by (preempting_cluster_queue, reason) "
            '(increase(kueue_preempted_workloads_total{preempting_cluster_queue=~"$tenant"}[1h]))'
        },
        stacked=True,
    ),
]
_QUOTA = [
    graph(
        "Used part of the guaranteed share",
        "What is used of each flavor of a tenant's own quota; above 100 % it borrows.",
        Unit.RATIO,
        {
            "{{cluster_queue}} {{flavor}}": "max by (cluster_queue, flavor, resource) "
            f"(kueue_cluster_queue_resource_usage{{{_COUNTED}}})"
            " / (max by (cluster_queue, flavor, resource) "
            f"(kueue_cluster_queue_nominal_quota{{{_COUNTED}}}) > 0)"
        },
    ),
    graph(
        "Asked for by what waits",
        "Accelerators that waiting workloads would hold.",
        Unit.COUNT,
        {
            "{{cluster_queue}} {{resource}}": "max by (cluster_queue, resource) "
            f"(kueue_cluster_queue_resource_pending{{{_COUNTED}}})"
        },
        stacked=True,
    ),
]

BOARD = Board(
    "queue",
    "queue",
    "What waits, how long already and why, what was let go, and what was taken out again.",
    {"Now": _NOW, "Waiting": _WAITS, "Let go and taken out": _FLOW, "Shares": _QUOTA},
    [TENANT],
)
