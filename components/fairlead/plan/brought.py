"""Machines that nobody buys: on a cluster that stands already the spec names the nodes and their size."""

from __future__ import annotations

from fairlead.catalog.model import AcceleratorRow, Catalog, MachineRow
from fairlead.errors import Problem
from fairlead.spec.onprem import Nodes
from fairlead.spec.pool import Pool
from fairlead.values import quantity

CAPABILITY = "existing-cluster"
CAPACITIES = ("reserved", "on-demand", "spot")
"""What a node that stands can be: kept by contract, by the hour, or until its owner takes it back."""
READ_THEM = "`fairlead contract pools` reads the nodes of a cluster and prints the pools"
MEBI = 1024 * 1024


def takes_nodes(target: str, catalog: Catalog) -> bool:
    """Whether a target's nodes stand before the platform comes."""
    return catalog.capabilities[target][CAPABILITY].status != "unsupported"


def misplaced(pool: Pool, where: str, target: str, catalog: Catalog) -> list[Problem]:
    """Problems of a pool that names nodes where they are made, or none where they stand, or a machine."""
    if not takes_nodes(target, catalog):
        reason = catalog.capabilities[target][CAPABILITY].reason
        what = f"target {target} makes its own nodes: {reason}"
        given = ", ".join(pool.nodes.names) if pool.nodes else ""
        return [Problem(f"{where}.nodes", what, given, fix="leave nodes out")] if pool.nodes else []
    found: list[Problem] = []
    if pool.nodes is None:
        what = f"is missing: target {target} makes no nodes, so the pool must name its own"
        found.append(Problem(f"{where}.nodes", what, fix=READ_THEM))
    if pool.machine is not None:
        what = f"target {target} has no choice of machines: they are what the nodes are"
        found.append(Problem(f"{where}.machine", what, pool.machine, fix="leave machine out"))
    return found


def machine(
    pool: Pool, nodes: Nodes, accelerator: AcceleratorRow | None, target: str, images: tuple[str, ...]
) -> MachineRow:
    """The machine that a pool's nodes are. What they give to pods stands for their size: no more is known."""
    count = pool.accelerators.count if pool.accelerators and accelerator else 0
    carried = f"-{accelerator.name.lower()}-{count}" if accelerator else ""
    return MachineRow(
        name=f"brought{carried}",
        target=target,
        accelerator=accelerator.name if accelerator else None,
        count=count,
        cpu=nodes.cpu,
        memory=nodes.memory,
        simulated=False,
        capacities=CAPACITIES,
        vcpus=int(quantity(nodes.cpu)),
        memory_mib=int(quantity(nodes.memory) / MEBI),
        arch="amd64",
        fabric=(pool.rdma.kind if pool.rdma else None) or "none",
        fabric_cards=0,
        local_disks=0,
        local_disk_gib=0,
        node_images=images,
        kubernetes_from="",
        topologies=(),
        chips=0,
        regions=(),
        quota="",
        max_nodes=None,
        max_nodes_reason="",
        source="the spec",
        date="",
    )
