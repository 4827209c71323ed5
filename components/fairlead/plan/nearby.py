"""What comes near to accelerators that a target has not: other machines of it, and other targets."""

from __future__ import annotations

from collections.abc import Iterable
from math import log2

from fairlead.catalog.model import AcceleratorRow, Catalog, MachineRow
from fairlead.values import Accelerators

MOST = 5
"""So many are told; `fairlead accelerators` lists all."""
BARE_METAL = "-metal"
"""End of names of machines that no target builds clusters for."""


def closest(asked: Accelerators, row: AcceleratorRow, target: str, catalog: Catalog) -> list[str]:
    """`NAME:COUNT` of the target's machines, the most similar first: of the same vendor before others, then by how
    often count and memory must be doubled or halved."""
    found = {
        (catalog.accelerators[machine.accelerator], machine.count)
        for machine in catalog.machines[target].values()
        if machine.accelerator is not None and _usable(machine)
    }

    def far(one: tuple[AcceleratorRow, int]) -> tuple[bool, float, str]:
        other, count = one
        doublings = abs(log2(count / asked.count)) + abs(log2(other.memory_gib / row.memory_gib))
        return other.vendor != row.vendor, doublings, other.name

    return [f"{other.name}:{count}" for other, count in sorted(found, key=far)[:MOST]]


def counts(asked: Accelerators, row: AcceleratorRow, target: str, catalog: Catalog) -> list[str]:
    """`NAME:COUNT` of the target's machines with that very accelerator, the nearest count first."""
    there = {one.count for one in catalog.machines[target].values() if one.accelerator == row.name}
    ordered = sorted(there, key=lambda count: (abs(log2(count / asked.count)), count))
    return [f"{row.name}:{count}" for count in ordered]


def elsewhere(asked: Accelerators, row: AcceleratorRow, target: str, catalog: Catalog) -> str:
    """`target gcp has H100:2`: which other targets have it in that number, else in which; empty if none has it."""
    exact = targets_with(row.name, catalog, target, asked.count)
    if exact:
        return f"target {', '.join(exact)} has {row.name}:{asked.count}"
    others = targets_with(row.name, catalog, target)
    told = (f"target {other} has {', '.join(counts(asked, row, other, catalog))}" for other in others)
    return "; ".join(told)


def targets_with(accelerator: str, catalog: Catalog, beside: str, count: int | None = None) -> list[str]:
    """Other targets with real machines that have it, sorted; count: in that number."""
    return sorted(
        target
        for target, machines in catalog.machines.items()
        if target != beside
        and any(
            machine.accelerator == accelerator and count in (None, machine.count)
            for machine in _bought(machines.values())
        )
    )


def _bought(machines: Iterable[MachineRow]) -> Iterable[MachineRow]:
    return (machine for machine in machines if not machine.simulated and _usable(machine))


def _usable(machine: MachineRow) -> bool:
    """False where a plan would refuse it whatever else the spec says."""
    sized = machine.simulated or machine.vcpus is not None
    return sized and not machine.name.endswith(BARE_METAL)
