"""Checks of what is said about fast networks: no word without effect, none that the nodes contradict."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from fairlead.catalog.fabrics import RDMA
from fairlead.catalog.model import Catalog
from fairlead.errors import Problem, one_of
from fairlead.plan.brought import takes_nodes
from fairlead.plan.machines import Choice
from fairlead.spec.pool import Pool
from fairlead.spec.tenant import Tenant

POOLS, TENANTS = "platform.pools", "platform.tenants"


def check(
    pools: Mapping[int, Pool],
    tenants: Mapping[int, Tenant],
    choices: Mapping[int, Choice],
    target: str,
    catalog: Catalog,
    complete: bool,
) -> Iterator[Problem]:
    """Every problem of pools' `rdma` and of tenants' `host_access`. complete: all pools are known."""
    for place, choice in choices.items():
        yield from _rdma(pools[place], f"{POOLS}[{place}].rdma", choice, target, catalog)
    needed = any(
        pools[place].fabric != "off" and (row := catalog.fabrics.get(choice.machine.fabric)) and row.daemon
        for place, choice in choices.items()
    )
    for place, tenant in tenants.items():
        yield from _access(tenant, f"{TENANTS}[{place}]", needed or not complete)


def _rdma(pool: Pool, where: str, choice: Choice, target: str, catalog: Catalog) -> Iterator[Problem]:
    told, has = pool.rdma, choice.machine.fabric
    if told is None:
        return
    if pool.fabric == "off":
        yield Problem(where, "has no effect: fabric is off", fix="leave rdma out, or write fabric: auto")
    elif takes_nodes(target, catalog):
        if told.kind is None:
            what = "is missing: nothing but the owner of the nodes tells what their network is"
            yield Problem(f"{where}.kind", what, allowed=", ".join(RDMA))
    elif has not in RDMA:
        what = f"machine {choice.machine.name} has neither InfiniBand nor RoCE ({has})"
        yield Problem(where, what, fix="leave rdma out")
    elif told.kind not in (None, has):
        what = f"machine {choice.machine.name} has another network"
        yield Problem(f"{where}.kind", what, told.kind, one_of([has], told.kind))


def _access(tenant: Tenant, where: str, needed: bool) -> Iterator[Problem]:
    if not tenant.host_access:
        return
    given = ", ".join(tenant.host_access)
    if not needed:
        what = "has no effect here: no pool has a network whose jobs touch the node"
        yield Problem(f"{where}.host_access", what, given, fix="leave host_access out")
    if tenant.pod_security != "restricted":
        what = "beside the daemon all pods of the tenant are held to the standard restricted, and to no other"
        fix = "leave pod_security out, or host_access"
        yield Problem(f"{where}.pod_security", what, tenant.pod_security, "restricted", fix)
