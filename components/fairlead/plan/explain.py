"""`fairlead plan --explain`: why every pool is what it is, and what else there would be."""

from __future__ import annotations

from collections.abc import Iterator

from fairlead.catalog.model import Catalog, MachineRow
from fairlead.plan import costs, health_show, nearby
from fairlead.plan.gpu_model import Software
from fairlead.plan.model import PlatformPlan, PoolPlan
from fairlead.plan.software import NVIDIA, OWNERS
from fairlead.spec.table import table


def explanation(plan: PlatformPlan, catalog: Catalog) -> str:
    """Text for people, with a newline at the end."""
    lines = [f"Platform {plan.name} on target {plan.target}, Kubernetes {plan.kubernetes}"]
    for pool in plan.pools:
        lines += ["", *_pool(pool, plan, catalog), *health_show.long(plan.health, pool.name)]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _pool(pool: PoolPlan, plan: PlatformPlan, catalog: Catalog) -> Iterator[str]:
    asked = f"{pool.accelerator}:{pool.count}" if pool.accelerator else "plain nodes"
    yield f"Pool {pool.name}: {asked}, {pool.min_nodes} to {pool.max_nodes} nodes"
    yield f"  machine   {pool.machine}: {pool.why}"
    yield f"  capacity  {', then '.join(rung.capacity for rung in pool.rungs)}"
    if pool.zones:
        yield f"  zones     {', '.join(pool.zones)}{', compact' if pool.placement == 'compact' else ''}"
    if pool.topology:
        yield f"  slices    {pool.topology}: {pool.slice_nodes} nodes each, up to {pool.max_nodes // pool.slice_nodes}"
    if pool.node:
        yield from _node(pool, plan)
    yield from _others(pool, plan, catalog)


def _software(found: Software | None) -> Iterator[str]:
    """Who brings which part of the accelerator's software."""
    if found is None:
        return
    by = {name: OWNERS[getattr(found, name)] for name in ("driver", "toolkit", "device_plugin", "dra_driver")}
    kind = f" ({found.kernel_modules} kernel modules)" if found.kernel_modules else ""
    toolkit = f"; container toolkit by {by['toolkit']}" if found.vendor == NVIDIA else ""
    yield f"  driver    by {by['driver']}{kind}, in {found.driver_root}{toolkit}"
    dra = f", by claims through {by['dra_driver']}" if found.dra_driver != "none" else ""
    yield f"  plugin    by {by['device_plugin']}{dra}"
    yield f"  labels    by {OWNERS[found.discovery]}, metrics by {OWNERS[found.metrics]}"


def _node(pool: PoolPlan, plan: PlatformPlan) -> Iterator[str]:
    node = pool.node
    if node is None:
        return
    yield f"  image     {node.image} ({node.image_spelling}), {node.arch}"
    if pool.accelerator:
        yield from _software(plan.gpu.of(pool.name))
    if node.fabric != "none":
        cards = f", {node.fabric_cards} interfaces" if node.fabric_cards else ""
        yield f"  fabric    {node.fabric}{cards}"
    if node.local_disks:
        yield f"  disks     {node.local_disks} x {node.local_disk_gib} GiB inside, {pool.local_disks}"
    yield from _cost(pool)


def _cost(pool: PoolPlan) -> Iterator[str]:
    """What a node costs on each step of the ladder, and the pool from its fewest nodes to its most."""
    head = "  price     "
    for rung in pool.rungs:
        price, day = pool.price_of(rung.capacity)
        note = ", used or not" if rung.capacity == "reserved" else ""
        known = f"{price:.2f} USD/h a node ({day}){note}" if price is not None else "no table has one here"
        yield f"{head}{rung.capacity}: {known}"
        head = "            "
    low, high = (
        "not known" if usd is None else f"{usd:.2f}" for usd in (costs.least(pool), costs.most(pool))
    )
    yield f"  cost      {low} USD/h at the least, by the first step, to {high} at the most, by the dearest"


def _others(pool: PoolPlan, plan: PlatformPlan, catalog: Catalog) -> Iterator[str]:
    """The other machines of the target with the same accelerator, and the targets that have it too."""
    if pool.accelerator is None:
        return
    others = [
        row
        for row in catalog.machines[plan.target].values()
        if row.accelerator == pool.accelerator and row.name != pool.machine
    ]
    if others:
        yield f"  here too  {pool.accelerator} is also in"
        yield from table(
            ("machine", "count", "vcpus", "memory"), [_row(row) for row in others], indent="            "
        )
    elsewhere = nearby.targets_with(pool.accelerator, catalog, plan.target)
    if elsewhere:
        yield f"  elsewhere target {', '.join(elsewhere)} has {pool.accelerator} too"


def _row(row: MachineRow) -> tuple[str, ...]:
    memory = f"{row.memory_mib // 1024} GiB" if row.memory_mib else row.memory or "its own"
    return row.name, str(row.count), str(row.vcpus or row.cpu or "its own"), memory
