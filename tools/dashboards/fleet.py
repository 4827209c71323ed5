"""Everything at a glance: what there is, who holds it, what is used of it, what it costs."""

from __future__ import annotations

from dashboards.board import Board
from dashboards.panels import Column, Unit, figure, graph, listing
from dashboards.queries import IDLE, idle, or_none
from fairlead import series
from fairlead.layers.monitoring.devices import BUSY

_THERE, _HELD = f"sum by (pool) ({series.POOL_ACCELERATORS})", f"sum by (pool) ({series.POOL_HELD})"
_READY = 'kube_node_status_condition{condition="Ready", status="true"} == 1'

_NOW = [
    figure(
        "Accelerators",
        "Accelerators, or shares of them, that the nodes have to give.",
        Unit.COUNT,
        f"sum({series.POOL_ACCELERATORS})",
    ),
    figure("Held", "Those that pods hold.", Unit.COUNT, f"sum({series.POOL_HELD})"),
    figure(
        "Held, part",
        "Part of what is there that pods hold.",
        Unit.RATIO,
        f"sum({series.POOL_HELD}) / sum({series.POOL_ACCELERATORS})",
    ),
    figure(
        "Held and idle",
        f"Accelerators that a pod holds and has not used for {IDLE // 60} minutes.",
        Unit.COUNT,
        or_none(idle()),
        poor=1,
    ),
    figure(
        "Nodes not ready",
        "Nodes of pools whose kubelet does not say that it is ready.",
        Unit.COUNT,
        or_none(f"count({series.NODE} unless on (node) ({_READY}))"),
        bad=1,
    ),
    figure("USD an hour", "What the nodes of all pools cost.", Unit.USD, f"sum({series.POOL_SPEND})"),
]
_ACCELERATORS = [
    listing(
        "Pools",
        "What each pool has, what pods hold of it, how busy it is and what it costs.",
        {"pool": "Pool"},
        [
            Column("There", _THERE, Unit.COUNT),
            Column("Held", _HELD, Unit.COUNT),
            Column("Free", f"{_THERE} - {_HELD}", Unit.COUNT),
            Column("Utilisation", f"avg by (pool) ({series.DEVICE_UTILIZATION})", Unit.RATIO),
            Column("USD an hour", f"sum by (pool) ({series.POOL_SPEND})", Unit.USD),
        ],
    ),
    graph(
        "Held, by pool",
        "Accelerators that pods hold.",
        Unit.COUNT,
        {"{{pool}}": _HELD},
        stacked=True,
    ),
    graph(
        "There and used, by vendor",
        "Accelerators of which their exporter tells, and those of them that did something.",
        Unit.COUNT,
        {
            "{{vendor}} there": f"count by (vendor) ({series.DEVICE_UTILIZATION})",
            "{{vendor}} used": f"count by (vendor) ({series.DEVICE_UTILIZATION} > {BUSY})",
        },
    ),
    graph(
        "Utilisation, by pool",
        "How busy accelerators are on average, those that nobody holds included.",
        Unit.RATIO,
        {"{{pool}}": f"avg by (pool) ({series.DEVICE_UTILIZATION})"},
    ),
    graph(
        "Power, by pool",
        "What accelerators draw; not the rest of their nodes.",
        Unit.WATTS,
        {"{{pool}}": f"sum by (pool) ({series.DEVICE_POWER})"},
        stacked=True,
    ),
]
_TENANTS = [
    graph(
        "Held, by tenant",
        "Accelerators that pods of each tenant hold.",
        Unit.COUNT,
        {"{{tenant}}": f"sum by (tenant) ({series.TENANT_HELD})"},
        stacked=True,
    ),
    graph(
        "Waiting, by tenant",
        "Workloads that wait in the queue for their place.",
        Unit.COUNT,
        {"{{tenant}}": f"count by (tenant) ({series.WORKLOAD_WAITING})"},
        stacked=True,
    ),
]
_NODES = [
    graph(
        "Nodes, by pool and capacity",
        "Nodes that are there.",
        Unit.COUNT,
        {"{{pool}} {{capacity}}": f"count by (pool, capacity) ({series.NODE})"},
        stacked=True,
    ),
    graph(
        "Nodes that nobody holds",
        f"Nodes with accelerators of which no pod has held one for {IDLE // 60} minutes.",
        Unit.COUNT,
        {"{{pool}}": f"count by (pool) ({series.NODE_EMPTY} > {IDLE})"},
        stacked=True,
    ),
]

BOARD = Board(
    "fleet",
    "fleet",
    "What there is, who holds it, what is used of it and what it costs.",
    {"Now": _NOW, "Accelerators": _ACCELERATORS, "Tenants": _TENANTS, "Nodes": _NODES},
)
