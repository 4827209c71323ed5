"""The catalogue as tables for people."""

from __future__ import annotations

from collections.abc import Iterable

from fairlead.catalog.model import Catalog, MachineRow

Lines = list[tuple[str, ...]]
NONE = "-"


def accelerator_rows(catalog: Catalog) -> tuple[tuple[str, ...], Lines]:
    """Head and lines: every accelerator, and the targets that have machines with it."""
    head = (
        "name",
        "vendor",
        "memory",
        "resource",
        "a job's share per accelerator",
        "MIG profiles",
        "targets",
    )
    lines = [
        (
            row.name,
            row.vendor,
            f"{row.memory_gib} GiB",
            row.resource,
            f"{row.job_cpu} cores, {row.job_memory}",
            str(len(catalog.mig[row.name])) if row.name in catalog.mig else NONE,
            ", ".join(targets_with(row.name, catalog)) or "none yet",
        )
        for row in catalog.accelerators.values()
    ]
    return head, lines


def targets_with(accelerator: str, catalog: Catalog) -> list[str]:
    """Targets that have a machine with the accelerator, sorted."""
    return sorted(
        target
        for target, machines in catalog.machines.items()
        if any(machine.accelerator == accelerator for machine in machines.values())
    )


def machine_rows(catalog: Catalog, target: str) -> tuple[tuple[str, ...], Lines]:
    """Head and lines: every machine of a target, those with accelerators first."""
    head = (
        "machine",
        "accelerators",
        "vcpus",
        "memory",
        "fabric",
        "disks",
        "capacity",
        "USD/h",
        "as of",
        "quota",
    )
    rows = sorted(
        catalog.machines[target].values(), key=lambda row: (row.accelerator is None, row.accelerator or "")
    )
    return head, [_machine(row, catalog) for row in rows]


def _machine(row: MachineRow, catalog: Catalog) -> tuple[str, ...]:
    price, day = _cheapest(row, catalog)
    return (
        row.name,
        f"{row.accelerator}:{row.count}" if row.accelerator else NONE,
        str(row.vcpus or row.cpu or "its own"),
        f"{row.memory_mib // 1024} GiB" if row.memory_mib else row.memory or "its own",
        row.fabric + (f" x{row.fabric_cards}" if row.fabric_cards else ""),
        f"{row.local_disks} x {row.local_disk_gib} GiB" if row.local_disks else NONE,
        ", ".join(row.capacities),
        price,
        day,
        row.quota or NONE,
    )


def _cheapest(row: MachineRow, catalog: Catalog) -> tuple[str, str]:
    """The lowest price on demand that any table has, with its region, and the table's date."""
    known: Iterable[tuple[float, str, str]] = (
        (rows[row.name].on_demand or 0.0, region, rows[row.name].date)
        for region, rows in catalog.prices[row.target].items()
        if row.name in rows and rows[row.name].on_demand is not None
    )
    best = min(known, default=None)
    return (f"{best[0]:.2f} {best[1]}", best[2]) if best else ("not known", NONE)
