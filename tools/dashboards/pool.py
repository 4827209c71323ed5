"""A pool: how full and how busy it is, by whom, and which of its nodes do nothing."""

from __future__ import annotations

from dashboards.board import Board
from dashboards.panels import HALF, Column, Unit, figure, graph, listing
from dashboards.queries import IDLE, POOL, idle, or_none
from fairlead import series

_POOL = 'pool=~"$pool"'
_THERE, _HELD = f"sum({series.POOL_ACCELERATORS}{{{_POOL}}})", f"sum({series.POOL_HELD}{{{_POOL}}})"

_NOW = [
    figure("Accelerators", "Accelerators, or shares of them, of the pool's nodes.", Unit.COUNT, _THERE),
    figure("Held", "Those that pods hold.", Unit.COUNT, _HELD),
    figure("Held, part", "Part of what is there that pods hold.", Unit.RATIO, f"{_HELD} / {_THERE}"),
    figure(
        "Utilisation",
        "How busy the pool's accelerators are on average, those that nobody holds included.",
        Unit.RATIO,
        f"avg({series.DEVICE_UTILIZATION}{{{_POOL}}})",
    ),
    figure(
        "Held and idle",
        f"Accelerators that a pod holds and has not used for {IDLE // 60} minutes.",
        Unit.COUNT,
        or_none(idle(_POOL)),
        poor=1,
    ),
    figure("USD an hour", "What the pool's nodes cost.", Unit.USD, f"sum({series.POOL_SPEND}{{{_POOL}}})"),
]
_USE = [
    graph(
        "Held, by tenant",
        "Accelerators of the pool that pods of each tenant hold.",
        Unit.COUNT,
        {"{{tenant}}": f"sum by (tenant) ({series.TENANT_HELD}{{{_POOL}}})"},
        stacked=True,
    ),
    graph(
        "There and held",
        "What the pool has to give, and what pods hold of it.",
        Unit.COUNT,
        {
            "{{pool}} there": f"sum by (pool) ({series.POOL_ACCELERATORS}{{{_POOL}}})",
            "{{pool}} held": f"sum by (pool) ({series.POOL_HELD}{{{_POOL}}})",
        },
    ),
    graph(
        "Utilisation, by node",
        "How busy the accelerators of each node are on average.",
        Unit.RATIO,
        {"{{node}}": f"avg by (node) ({series.DEVICE_UTILIZATION}{{{_POOL}}})"},
    ),
    graph(
        "Memory, by node",
        "Used part of the memory of each node's accelerators, on average.",
        Unit.RATIO,
        {"{{node}}": f"avg by (node) ({series.DEVICE_MEMORY}{{{_POOL}}})"},
    ),
    graph(
        "Power, by node",
        "What the accelerators of each node draw.",
        Unit.WATTS,
        {"{{node}}": f"sum by (node) ({series.DEVICE_POWER}{{{_POOL}}})"},
    ),
    graph(
        "Temperature, by node",
        "The warmest accelerator of each node.",
        Unit.CELSIUS,
        {"{{node}}": f"max by (node) ({series.DEVICE_TEMPERATURE}{{{_POOL}}})"},
    ),
]
_NODES = [
    listing(
        "Nodes",
        "Nodes by what they are and where they stand.",
        {"pool": "Pool", "machine": "Machine", "capacity": "Capacity", "zone": "Zone"},
        [Column("Nodes", f"count by (pool, machine, capacity, zone) ({series.NODE}{{{_POOL}}})", Unit.COUNT)],
        width=HALF,
    ),
    listing(
        "Nodes that nobody holds",
        "How long no pod has held an accelerator of them.",
        {"pool": "Pool", "node": "Node"},
        [
            Column(
                "Empty for",
                f"max by (pool, node) ({series.NODE_EMPTY}{{{_POOL}}} > {IDLE})",
                Unit.SECONDS,
            )
        ],
        width=HALF,
    ),
]
_IDLE = [
    listing(
        "Held and idle",
        "Whose accelerators have done nothing, for how long, and how many of them.",
        {"tenant": "Tenant", "workload": "Workload", "stage": "Stage"},
        [
            Column(
                "Idle for",
                f"max by (tenant, workload, stage) ({series.ACCELERATOR_IDLE}{{{_POOL}}} > {IDLE})",
                Unit.SECONDS,
            ),
            Column("Accelerators", idle(_POOL, "by (tenant, workload, stage)"), Unit.COUNT),
        ],
    ),
]

BOARD = Board(
    "pool",
    "pool",
    "How full and how busy a pool is, by whom, and which of its nodes do nothing.",
    {"Now": _NOW, "Use": _USE, "Nodes": _NODES, "Idle": _IDLE},
    [POOL],
)
