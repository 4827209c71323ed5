"""Pools over nodes that stand: each node in one pool, as many as the pool says, and no word without effect."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from fairlead.catalog.model import Catalog
from fairlead.errors import Problem
from fairlead.plan.machines import Choice
from fairlead.spec.pool import Pool
from fairlead.values import quantity

POOLS = "platform.pools"
MEANINGLESS: Mapping[str, str] = {
    "generation": "nodes that stand are not replaced by this platform",
    "fabric": "the platform sets up no fast network on nodes that others have built: rdma says what theirs is",
    "disk_gib": "the disks of these nodes are their owner's",
    "local_disks": "the disks of these nodes are their owner's",
    "repair": "the platform repairs no nodes that others have built",
    "disruption": "the platform takes no node away here",
}
"""Field of a pool that has no effect on nodes that stand -> why."""


def check(pools: Mapping[int, Pool], choices: Mapping[int, Choice], catalog: Catalog) -> Iterator[Problem]:
    """Every problem of pools on a brought cluster."""
    taken: dict[str, int] = {}
    for place, pool in pools.items():
        where = f"{POOLS}[{place}]"
        yield from _meaningless(pool, where)
        if pool.nodes is not None:
            yield from _names(pool, place, taken)
            yield from _sizes(pool, where)
        if place in choices:
            yield from _plugin(pool, where, choices[place], catalog)


def _meaningless(pool: Pool, where: str) -> Iterator[Problem]:
    for name, reason in MEANINGLESS.items():
        if name in pool.model_fields_set and not (name == "fabric" and pool.rdma):
            given = str(pool.model_dump(mode="json")[name])
            yield Problem(f"{where}.{name}", f"has no effect here: {reason}", given, fix=f"leave {name} out")


def _names(pool: Pool, place: int, taken: dict[str, int]) -> Iterator[Problem]:
    names = pool.nodes.names if pool.nodes else ()
    where = f"{POOLS}[{place}].nodes.names"
    for index, name in enumerate(names):
        earlier = taken.setdefault(name, place)
        if earlier != place:
            what = f"{POOLS}[{earlier}] has this node already"
            yield Problem(f"{where}[{index}]", what, name, "each node in one pool")
        elif name in names[:index]:
            yield Problem(f"{where}[{index}]", "names a node twice", name)
    if pool.max != len(names):
        fix = f"write min: {len(names)} and max: {len(names)}"
        what = "is not the number of nodes that the pool names"
        yield Problem(f"{POOLS}[{place}].max", what, str(pool.max), str(len(names)), fix)


def _sizes(pool: Pool, where: str) -> Iterator[Problem]:
    if pool.nodes is None:
        return
    for field in ("cpu", "memory"):
        given: str = getattr(pool.nodes, field)
        if not quantity(given):
            what = "is nothing: no pod would fit"
            yield Problem(f"{where}.nodes.{field}", what, given, fix="write what one node gives to pods")


def _plugin(pool: Pool, where: str, choice: Choice, catalog: Catalog) -> Iterator[Problem]:
    """Who advertises the accelerators: the platform brings a device plugin for one vendor only."""
    if choice.accelerator is None:
        if pool.image is not None:
            what = "says who runs the device plugin, but these nodes have no accelerators"
            yield Problem(f"{where}.image", what, pool.image, fix="leave image out")
        return
    rows = catalog.node_images[choice.machine.target]
    row = rows.get(pool.image or choice.machine.node_images[0])
    if row is not None and choice.accelerator.vendor not in row.vendors:
        able = ", ".join(name for name, one in rows.items() if choice.accelerator.vendor in one.vendors)
        what = f"the platform brings no device plugin for accelerators of {choice.accelerator.vendor}"
        fix = "run the vendor's device plugin on the cluster, and say so here"
        yield Problem(f"{where}.image", what, pool.image or row.name, able, fix)
