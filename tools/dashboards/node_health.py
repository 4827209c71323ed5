"""Health of nodes: what they say of themselves, who may not use them, and what their accelerators report."""

from __future__ import annotations

from dashboards.board import Board
from dashboards.panels import HALF, Column, Unit, figure, graph, listing
from dashboards.queries import NODE, POOL, on_pools, or_none
from fairlead import labels, series

_NODE = 'node=~"$node"'
_OF = f'pool=~"$pool", {_NODE}'
_READY = 'kube_node_status_condition{condition="Ready", status="true"} == 1'
_FAULTS = (
    '(kube_node_status_condition{condition!~".*Ready", status="true"} == 1'
    ' or kube_node_status_condition{condition=~".*Ready", status=~"false|unknown"} == 1)'
)
"""Conditions that end in Ready are good when they hold, and all others are faults."""
_TAINTS = f'kube_node_spec_taint{{value!="{labels.TAINT_VALUE}"}}'
"""The taint that keeps others away from accelerators is on all of their nodes, and says nothing."""
_XID = f"DCGM_FI_DEV_XID_ERRORS{{{_NODE}}} > 0"
_UNCORRECTED = {
    "{{node}} {{gpu}} rows remapped": f"sum by (node, gpu) (DCGM_FI_DEV_UNCORRECTABLE_REMAPPED_ROWS{{{_NODE}}})",
    "{{node}} {{gpu_id}} errors": f"sum by (node, gpu_id) (gpu_ecc_uncorrect_total{{{_NODE}}})",
    "{{node}} {{neuron_device_index}} {{event_type}}": "sum by (node, neuron_device_index, event_type) "
    f'(hardware_ecc_events_total{{{_NODE}, event_type=~".+_uncorrected"}})',
}

_NOW = [
    figure("Nodes", "Nodes of the chosen pools.", Unit.COUNT, f"count({series.NODE}{{{_OF}}})"),
    figure(
        "Not ready",
        "Those whose kubelet does not say that it is ready.",
        Unit.COUNT,
        or_none(f"count({series.NODE}{{{_OF}}} unless on (node) ({_READY}))"),
        bad=1,
    ),
    figure(
        "With faults",
        "Those that show a fault by a condition of theirs.",
        Unit.COUNT,
        or_none(f"count(count by (node) ({on_pools(_FAULTS)}))"),
        bad=1,
    ),
    figure(
        "Taken out",
        "Those that take no new pods: cordoned, or in quarantine.",
        Unit.COUNT,
        or_none(f"sum({on_pools('kube_node_spec_unschedulable')})"),
        poor=1,
    ),
    figure(
        "Accelerators with an XID",
        "NVIDIA accelerators of which the driver has reported an error since it was loaded.",
        Unit.COUNT,
        or_none(f"count({_XID})"),
        poor=1,
    ),
    figure(
        "Warmest",
        "The warmest accelerator.",
        Unit.CELSIUS,
        f"max({series.DEVICE_TEMPERATURE}{{{_OF}}})",
        poor=85,
        bad=95,
    ),
]
_NODES = [
    listing(
        "Faults",
        "Conditions by which nodes say that something is wrong with them.",
        {"pool": "Pool", "node": "Node", "condition": "Condition", "status": "Status"},
        [Column("Holds", f"max by (pool, node, condition, status) ({on_pools(_FAULTS)})", Unit.PLAIN)],
        width=HALF,
    ),
    listing(
        "Taints",
        "Why nodes take no pods, or only some; without the taint that all nodes with accelerators have.",
        {"pool": "Pool", "node": "Node", "key": "Taint", "value": "Value", "effect": "Effect"},
        [Column("Holds", f"max by (pool, node, key, value, effect) ({on_pools(_TAINTS)})", Unit.PLAIN)],
        width=HALF,
    ),
    graph(
        "Nodes with a fault, by condition",
        "Nodes that show it.",
        Unit.COUNT,
        {"{{pool}} {{condition}}": f"count by (pool, condition) ({on_pools(_FAULTS)})"},
        stacked=True,
    ),
    listing(
        "Youngest and oldest",
        "How long each node has been there.",
        {"pool": "Pool", "node": "Node"},
        [
            Column(
                "Age",
                f"max by (pool, node) ({on_pools('time() - kube_node_created')})",
                Unit.SECONDS,
            )
        ],
        width=HALF,
    ),
]
_ERRORS = [
    listing(
        "Last XID (NVIDIA)",
        "Number of the last error that the driver has reported of an accelerator.",
        {"node": "Node", "gpu": "Accelerator", "UUID": "Serial"},
        [Column("XID", f"max by (node, gpu, UUID) ({_XID})", Unit.PLAIN)],
        width=HALF,
    ),
    listing(
        "Not usable any more",
        "Accelerators that must be replaced or reset: rows of NVIDIA's memory that could not be remapped.",
        {"node": "Node", "gpu": "Accelerator"},
        [Column("Failed", f"max by (node, gpu) (DCGM_FI_DEV_ROW_REMAP_FAILURE{{{_NODE}}} > 0)", Unit.PLAIN)],
        width=HALF,
    ),
    graph(
        "Memory errors that were not corrected",
        "NVIDIA: rows that were remapped for them. AMD and Neuron: the errors.",
        Unit.COUNT,
        _UNCORRECTED,
    ),
    graph(
        "Accelerators that say they are not healthy (AMD)",
        "By their own judgement.",
        Unit.COUNT,
        {"{{node}}": f"count by (node) (gpu_health{{{_NODE}}} == 0)"},
        stacked=True,
    ),
    graph(
        "PCIe replays in an hour",
        "What had to be sent again between the node and its accelerators: a bad slot or riser shows so.",
        Unit.COUNT,
        {
            "{{node}} {{gpu}}": f"sum by (node, gpu) (increase(DCGM_FI_DEV_PCIE_REPLAY_COUNTER{{{_NODE}}}[1h]))",
            "{{node}} {{gpu_id}}": f"sum by (node, gpu_id) (increase(pcie_replay_count{{{_NODE}}}[1h]))",
        },
    ),
    graph(
        "Failed runs on Neuron in an hour",
        "Runs that failed for the hardware's sake.",
        Unit.COUNT,
        {
            "{{node}}": "sum by (node) "
            f'(increase(execution_errors_total{{{_NODE}, error_type="hardware"}}[1h]))'
        },
        stacked=True,
    ),
]
_HEAT = [
    graph(
        "Temperature, by node",
        "The warmest accelerator of each node.",
        Unit.CELSIUS,
        {"{{node}}": f"max by (node) ({series.DEVICE_TEMPERATURE}{{{_OF}}})"},
    ),
    graph(
        "Power, by node",
        "What the accelerators of each node draw.",
        Unit.WATTS,
        {"{{node}}": f"sum by (node) ({series.DEVICE_POWER}{{{_OF}}})"},
    ),
]

BOARD = Board(
    "node-health",
    "node health",
    "What nodes say of themselves, who may not use them, and what their accelerators report.",
    {"Now": _NOW, "Nodes": _NODES, "Errors of accelerators": _ERRORS, "Temperature and power": _HEAT},
    [POOL, NODE],
)
