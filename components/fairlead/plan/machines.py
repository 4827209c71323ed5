"""Which machine type a pool gets: the spec names it, or it is the smallest that carries what is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fairlead.catalog.model import AcceleratorRow, Catalog, MachineRow
from fairlead.errors import Problem, nearest, one_of
from fairlead.plan import brought, nearby
from fairlead.spec.onprem import Nodes
from fairlead.spec.pool import Pool
from fairlead.values import quantity

ACCELERATORS_COMMAND = "`fairlead accelerators` lists all"


@dataclass(frozen=True)
class Choice:
    """The machine of a pool and why it is that one."""

    machine: MachineRow
    accelerator: AcceleratorRow | None
    why: str


def choose(
    pool: Pool, where: str, target: str, catalog: Catalog, region: str | None = None
) -> Choice | list[Problem]:
    """The machine type of a pool, or every problem that stands in the way.

    where: path of the pool; region: of the target, where it has regions: a machine of whose regions
    the catalogue knows must be there.
    """
    row = catalog.accelerator(pool.accelerators.name) if pool.accelerators else None
    if pool.accelerators and row is None:
        return [unknown_accelerator(f"{where}.accelerators", pool.accelerators.name, catalog)]
    if misplaced := brought.misplaced(pool, where, target, catalog):
        return misplaced
    if pool.nodes is not None:
        return _standing(pool, pool.nodes, where, row, target, catalog)
    if pool.machine is not None:
        return _named(pool, pool.machine, where, row, target, catalog, region)
    return _smallest(pool, where, row, target, catalog, region)


def _standing(
    pool: Pool, nodes: Nodes, where: str, row: AcceleratorRow | None, target: str, catalog: Catalog
) -> Choice | list[Problem]:
    """The machine that the nodes of the spec are."""
    own = brought.machine(pool, nodes, row, target, tuple(catalog.node_images[target]))
    if not set(pool.capacity) <= set(own.capacities):
        return [_not_offered(pool, where, [own])]
    return Choice(own, row, "the spec names its nodes")


def _smallest(
    pool: Pool, where: str, row: AcceleratorRow | None, target: str, catalog: Catalog, region: str | None
) -> Choice | list[Problem]:
    machines = catalog.machines[target]
    fitting = [machine for machine in machines.values() if _carries(machine, pool, row)]
    if not fitting:
        return [_not_carried(pool, where, row, target, catalog)]
    here = [machine for machine in fitting if _in_region(machine, region)]
    if not here:
        return [
            _not_in_region(f"{where}.accelerators", str(pool.accelerators or ""), fitting, region, catalog)
        ]
    offered = [machine for machine in here if set(pool.capacity) <= set(machine.capacities)]
    if not offered:
        return [_not_offered(pool, where, here)]
    best = min(offered, key=_size)
    return Choice(best, row, _why(best, offered, target))


def unknown_accelerator(where: str, given: str, catalog: Catalog) -> Problem:
    """The problem of a name that the catalogue does not have, or that could mean several rows."""
    variants = catalog.variants(given)
    if len(variants) > 1:
        fix = f"say which: {' or '.join(variants)}"
        return Problem(where, f"{given} could mean more than one accelerator", given, one_of(variants), fix)
    near = nearest(given, catalog.accelerators)
    fix = f"write {near[0]}" if near else "choose one that the catalogue has"
    return Problem(
        where, "no such accelerator", given, _near_or_all(near, catalog), f"{fix}; {ACCELERATORS_COMMAND}"
    )


def _near_or_all(near: Sequence[str], catalog: Catalog) -> str:
    return f"{', '.join(near)} (nearest)" if near else ", ".join(catalog.accelerators)


def _named(
    pool: Pool,
    name: str,
    where: str,
    row: AcceleratorRow | None,
    target: str,
    catalog: Catalog,
    region: str | None,
) -> Choice | list[Problem]:
    machines = catalog.machines[target]
    machine = machines.get(name)
    if machine is None:
        what = f"target {target} has no such machine"
        return [Problem(f"{where}.machine", what, name, one_of(list(machines), name))]
    if not _carries(machine, pool, row):
        return [_contradiction(pool, machine, where)]
    if not _in_region(machine, region):
        return [_not_in_region(f"{where}.machine", name, [machine], region, catalog)]
    if not set(pool.capacity) <= set(machine.capacities):
        return [_not_offered(pool, where, [machine])]
    return Choice(machine, row, "named in the spec")


def _contradiction(pool: Pool, machine: MachineRow, where: str) -> Problem:
    carried = _carried(machine)
    asked = str(pool.accelerators) if pool.accelerators else "no accelerators"
    fix = f"write accelerators: {carried}" if machine.count else "leave accelerators out"
    return Problem(
        f"{where}.machine",
        f"{machine.name} carries {carried}, the pool asks for {asked}",
        given=machine.name,
        allowed="a machine that carries exactly what the pool asks for",
        fix=f"{fix}, or leave machine out: it is then chosen",
    )


def _not_carried(
    pool: Pool, where: str, row: AcceleratorRow | None, target: str, catalog: Catalog
) -> Problem:
    if row is None or pool.accelerators is None:
        return Problem(
            where, f"target {target} has no machine without accelerators", fix="ask for accelerators"
        )
    asked, where = pool.accelerators, f"{where}.accelerators"
    there, others = nearby.counts(asked, row, target, catalog), nearby.elsewhere(asked, row, target, catalog)
    if there:
        what = f"no machine of target {target} has {asked.count} x {row.name}"
        fix = "choose one of these counts, and more nodes for more accelerators"
        return Problem(where, what, str(asked), ", ".join(there), "; or ".join(filter(None, (fix, others))))
    absent = catalog.absent.get(target, {}).get(row.name)
    what = f"no machine of target {target} has {row.name}" + (f": {absent.reason}" if absent else "")
    near = f"{', '.join(nearby.closest(asked, row, target, catalog))} (nearest)"
    fix = others or "choose an accelerator that the target has"
    return Problem(
        where,
        what,
        str(asked),
        near,
        f"{fix}; `fairlead accelerators --target {target}` lists what {target} has",
    )


def _not_offered(pool: Pool, where: str, fitting: Sequence[MachineRow]) -> Problem:
    names = ", ".join(machine.name for machine in fitting)
    allowed = one_of(sorted({capacity for machine in fitting for capacity in machine.capacities}))
    given = ", ".join(pool.capacity)
    return Problem(f"{where}.capacity", f"{names} cannot be bought this way", given, allowed)


def _in_region(machine: MachineRow, region: str | None) -> bool:
    return region is None or not machine.regions or region in machine.regions


def _not_in_region(
    where: str, given: str, fitting: Sequence[MachineRow], region: str | None, catalog: Catalog
) -> Problem:
    names = ", ".join(machine.name for machine in fitting)
    regions = sorted({one for machine in fitting for one in machine.regions})
    accelerator = fitting[0].accelerator
    others = nearby.targets_with(accelerator, catalog, fitting[0].target) if accelerator else []
    fix = "choose another region or another machine"
    if others:
        fix += f"; target {', '.join(others)} has {accelerator} too"
    return Problem(where, f"region {region} does not have {names}", given, ", ".join(regions), fix)


def _carries(machine: MachineRow, pool: Pool, row: AcceleratorRow | None) -> bool:
    if row is None or pool.accelerators is None:
        return machine.accelerator is None
    return machine.accelerator == row.name and machine.count == pool.accelerators.count


def _carried(machine: MachineRow) -> str:
    return f"{machine.accelerator}:{machine.count}" if machine.count else "no accelerators"


def _size(machine: MachineRow) -> tuple[bool, int, int, str]:
    """Real before simulated and amd64 before others, then smallest memory, then cores, then the name."""
    memory = quantity(machine.memory) if machine.memory else 0
    cpu = quantity(machine.cpu) if machine.cpu else 0
    return machine.simulated or machine.arch != "amd64", int(memory), int(cpu * 1000), machine.name


def _why(best: MachineRow, offered: Sequence[MachineRow], target: str) -> str:
    asked = _carried(best)
    if len(offered) == 1:
        return f"the only machine of target {target} with {asked}"
    others = ", ".join(sorted(machine.name for machine in offered if machine is not best))
    return f"the smallest machine of target {target} with {asked}; larger: {others}"
