"""The fast network between nodes: which jobs get it, what they ask for, what must run on the nodes.

A job names an accelerator and a number of nodes, never a network. Where it asks for whole nodes and more than
one, it refers to the runtime of its accelerator (`workload.runtime`), and that runtime holds what stands here:
the job stays the same everywhere. docs/adr/0019, 0027.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from fairlead.catalog.fabrics import CARDS, WITHOUT_JOBS, FabricRow, uncounted
from fairlead.catalog.model import Catalog
from fairlead.plan import channels
from fairlead.plan.fabric_model import FabricsPlan, JobFabric, RdmaPlan
from fairlead.plan.fabric_parts import daemon_of, folders_of, networks_of, parts
from fairlead.plan.gpu_model import GpuPlan
from fairlead.plan.model import PoolPlan, Site

NONE = "none"
FABRIC = "fabric"
"""Word of a tenant's `host_access`."""


def fabrics_plan(
    pools: Sequence[PoolPlan], site: Site, catalog: Catalog, gpu: GpuPlan, permitted: Sequence[str]
) -> FabricsPlan:
    """Everything that is decided about the network between nodes.

    permitted: tenants whose jobs may have a daemon with rights on the node.
    """
    jobs = job_fabrics(pools, site, catalog, gpu, permitted)
    asked = {name for one in jobs for name in one.requests}
    return FabricsPlan(
        jobs,
        tuple(parts(pools, jobs, catalog)),
        tuple(sorted({*uncounted(catalog), *asked})),
        tuple(permitted),
    )


def job_fabrics(
    pools: Sequence[PoolPlan], site: Site, catalog: Catalog, gpu: GpuPlan, permitted: Sequence[str]
) -> tuple[JobFabric, ...]:
    """One decision for each accelerator of which pools have whole nodes, as the catalogue counts them."""
    mine: dict[str, list[PoolPlan]] = {}
    for pool in pools:
        row = catalog.accelerators.get(pool.accelerator or "")
        if row and pool.asked_as and pool.sharing.whole and row.whole_node == pool.count:
            mine.setdefault(pool.asked_as, []).append(pool)
    return tuple(
        channels.with_claim(_decide(name, found, site, catalog, permitted), found, catalog, gpu)
        for name, found in mine.items()
    )


def notes(plan: FabricsPlan) -> Iterator[str]:
    """What the reader of a plan should know: networks that nodes have and jobs do not get, and who may touch nodes."""
    for one in plan.jobs:
        nodes = f"{one.accelerator}:{one.count}"
        if one.kind != NONE and not one.given:
            yield f"Jobs over several nodes of {nodes} use the plain network, not {one.kind}: {one.why}."
        if one.apart:
            yield f"Jobs over several nodes of {nodes} do not use the NVLink between them: {one.apart}."
    for one in plan.daemons:
        if one.daemon:
            yield (
                f"Jobs over several nodes of {one.accelerator}:{one.count} run {one.daemon.name} beside them, with"
                f" {', '.join(one.daemon.capabilities)} and folders of the node: those of tenant"
                f" {', '.join(plan.permitted)}, by platform.tenants[].host_access. The same job of another tenant is"
                " refused when it is sent."
            )


def _network(pool: PoolPlan) -> tuple[str, int, RdmaPlan | None]:
    """(fabric, interfaces, what others offer of it) of a pool's nodes."""
    if pool.node is None or pool.node.fabric in WITHOUT_JOBS:
        return NONE, 0, None
    return pool.node.fabric, pool.node.fabric_cards, pool.rdma


def _decide(
    accelerator: str, pools: Sequence[PoolPlan], site: Site, catalog: Catalog, permitted: Sequence[str]
) -> JobFabric:
    count = pools[0].count
    names = tuple(pool.name for pool in pools)
    networks = list({str(one): one for one in map(_network, pools)}.values())
    kind, cards, offered = next((one for one in networks if one[0] != NONE), (NONE, 0, None))
    if kind == NONE:
        return JobFabric(accelerator, count, NONE, names, False, "its nodes have none")
    row = catalog.fabrics[kind]
    why = (
        _against([one[:2] for one in networks], {site.fabric_networks(name) for name in names}, row, cards)
        or next((why for name in names if (why := site.fabric_apart(name))), "")
        or _unlike(networks)
        or _forbidden(row, permitted)
    )
    if why:
        return JobFabric(accelerator, count, kind, names, False, why)
    many = f", {cards} interfaces a node" if cards else ""
    requests = {name: str(number) for name, number in offered.resources.items()} if offered else {}
    return JobFabric(
        accelerator=accelerator,
        count=count,
        kind=kind,
        pools=names,
        given=True,
        why=f"{row.title}{many}; the job's image needs {row.image_needs}",
        requests=requests or row.amounts(cards),
        env=row.variables(),
        profile=row.profile,
        annotations=networks_of(row, pools[0], site, offered),
        daemon=daemon_of(row, catalog),
        folders=folders_of(row),
    )


def _against(
    networks: Sequence[tuple[str, int]], objects: Collection[tuple[str, ...]], row: FabricRow, cards: int
) -> str:
    """The first reason why jobs do not get a fabric; empty where they do.

    networks: (fabric, interfaces) of its pools, each once or more often; objects: their networks, each once.
    """
    if len(objects) > 1:
        return (
            "its pools have different networks (they stand in different zones or scale sets) and one runtime"
            " serves them all"
        )
    if len(set(networks)) > 1:
        found = ", ".join(f"{kind} x{number}" if number else kind for kind, number in sorted(set(networks)))
        return f"its pools differ ({found}) and one runtime serves them all"
    if row.missing:
        return row.missing
    if not cards and any(amount.endswith(f"={CARDS}") for amount in row.requests):
        return "nothing public tells how many interfaces the machine has"
    return ""


def _unlike(networks: Sequence[tuple[str, int, RdmaPlan | None]]) -> str:
    """What pools say of `rdma` must be the same for all pools of an accelerator."""
    if len(networks) > 1:
        return "what its pools say under rdma differs and one runtime serves them all"
    return ""


def _forbidden(row: FabricRow, permitted: Sequence[str]) -> str:
    if row.daemon and not permitted:
        return (
            f"{row.daemon} beside each job needs rights on the node, and no tenant may have them: write"
            f" host_access: [{FABRIC}] for a tenant that you trust with it"
        )
    return ""
