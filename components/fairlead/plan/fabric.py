"""The fast network between nodes: which jobs get it, what they ask for, what must run on the nodes.

A job names an accelerator and a number of nodes, never a network. Where it asks for whole nodes and more than
one, it refers to the runtime of its accelerator (`workload.runtime`), and that runtime holds what stands here:
the job stays the same everywhere. docs/adr/0019.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence

from fairlead.catalog.fabrics import WITHOUT_JOBS, FabricRow, uncounted
from fairlead.catalog.model import Catalog
from fairlead.plan.fabric_model import FabricsPlan, JobFabric, NodePart
from fairlead.plan.model import PoolPlan, Site

NONE = "none"


def fabrics_plan(pools: Sequence[PoolPlan], site: Site, catalog: Catalog) -> FabricsPlan:
    """Everything that is decided about the network between nodes."""
    jobs = job_fabrics(pools, site, catalog)
    return FabricsPlan(jobs, tuple(_parts(pools, jobs, catalog)), uncounted(catalog))


def job_fabrics(pools: Sequence[PoolPlan], site: Site, catalog: Catalog) -> tuple[JobFabric, ...]:
    """One decision for each accelerator of which pools have whole nodes, as the catalogue counts them."""
    mine: dict[str, list[PoolPlan]] = {}
    for pool in pools:
        row = catalog.accelerators.get(pool.asked_as or "")
        if row and row.whole_node == pool.count:
            mine.setdefault(row.name, []).append(pool)
    return tuple(_decide(name, found, site, catalog) for name, found in mine.items())


def notes(pools: Sequence[PoolPlan], plan: FabricsPlan, catalog: Catalog) -> Iterator[str]:
    """What the reader of a plan should know: networks that nodes have and jobs do not get."""
    for one in plan.jobs:
        if one.kind != NONE and not one.given:
            nodes = f"{one.accelerator}:{one.count}"
            yield f"Jobs over several nodes of {nodes} use the plain network, not {one.kind}: {one.why}."
    for row in catalog.fabrics.values():
        mine = [pool.name for pool in pools if pool.node and pool.accelerator in row.accelerators]
        if mine and row.missing:
            yield f"Pool {', '.join(mine)} has {row.title}, which no job gets: {row.missing}."


def _parts(pools: Sequence[PoolPlan], jobs: Sequence[JobFabric], catalog: Catalog) -> Iterator[NodePart]:
    """What the layer runs for fabrics that jobs get: each part once, on exactly the pools that need it."""
    given = {name for one in jobs if one.given for name in one.pools}
    using: dict[str, list[PoolPlan]] = {}
    for pool in (one for one in pools if one.name in given):
        row = catalog.fabrics[_network(pool)[0]]
        for part in row.parts if row.software == "layer" else ():
            using.setdefault(part, []).append(pool)
    for name, found in using.items():
        yield NodePart(
            name=name,
            accelerators=tuple(sorted({pool.accelerator for pool in found if pool.accelerator})),
            machines=tuple(sorted({pool.machine for pool in found})),
            pools=tuple(pool.name for pool in found),
            tolerations=tuple(dict.fromkeys(one for pool in found for one in pool.tolerations)),
        )


def _network(pool: PoolPlan) -> tuple[str, int]:
    """(fabric, interfaces) of a pool's nodes."""
    if pool.node is None or pool.node.fabric in WITHOUT_JOBS:
        return NONE, 0
    return pool.node.fabric, pool.node.fabric_cards


def _decide(accelerator: str, pools: Sequence[PoolPlan], site: Site, catalog: Catalog) -> JobFabric:
    count = pools[0].count
    names = tuple(pool.name for pool in pools)
    networks = sorted({_network(pool) for pool in pools})
    kind, cards = next((one for one in networks if one[0] != NONE), (NONE, 0))
    if kind == NONE:
        return JobFabric(accelerator, count, NONE, names, False, "its nodes have none")
    row = catalog.fabrics[kind]
    if why := _against(networks, {site.fabric_networks(name) for name in names}, row, cards):
        return JobFabric(accelerator, count, kind, names, False, why)
    return JobFabric(
        accelerator=accelerator,
        count=count,
        kind=kind,
        pools=names,
        given=True,
        why=f"{row.title}, {cards} interfaces a node; the job's image needs {row.image_needs}",
        requests=row.amounts(cards),
        env=row.variables(),
        profile=row.profile,
        annotations=_annotations(row, pools, site),
    )


def _against(
    networks: Sequence[tuple[str, int]], objects: Collection[tuple[str, ...]], row: FabricRow, cards: int
) -> str:
    """The first reason why jobs do not get a fabric; empty where they do.

    networks: (fabric, interfaces) of its pools; objects: their networks, each once.
    """
    if len(objects) > 1:
        return "its pools have different networks (they stand in different zones) and one runtime serves them all"
    if len(networks) > 1:
        found = ", ".join(f"{kind} x{number}" if number else kind for kind, number in networks)
        return f"its pools differ ({found}) and one runtime serves them all"
    if row.missing:
        return row.missing
    if not cards:
        return "nothing public tells how many interfaces the machine has"
    return ""


def _annotations(row: FabricRow, pools: Sequence[PoolPlan], site: Site) -> dict[str, str]:
    """The networks of the nodes, in the order of their interfaces; eth0 is the cluster's own."""
    if not row.interfaces:
        return {}
    networks = site.fabric_networks(pools[0].name)
    listed = [{"interfaceName": "eth0", "network": "default"}]
    listed += [{"interfaceName": f"eth{place}", "network": name} for place, name in enumerate(networks, 1)]
    return {
        f"{row.interfaces}/default-interface": "eth0",
        f"{row.interfaces}/interfaces": json.dumps(listed, separators=(",", ":")),
    }
