"""The catalogue as tables for people."""

from __future__ import annotations

from collections.abc import Callable

from fairlead.catalog.model import Catalog, MachineRow, NodeImageRow
from fairlead.catalog.prices import PriceRow

Lines = list[tuple[str, ...]]
NONE = "-"
NO_MACHINES = (
    "target {} buys no machines: its nodes come from the spec, and `fairlead contract pools` writes them from a"
    " cluster that stands"
)
"""Said where a target has no table of machines."""


def accelerator_rows(catalog: Catalog) -> tuple[tuple[str, ...], Lines]:
    """Head and lines: every accelerator, and the targets that have machines with it."""
    head = (
        "name",
        "vendor",
        "memory",
        "resource",
        "a job's share per accelerator",
        "MIG profiles",
        "driver from",
        "targets",
    )
    lines = [
        (
            row.name,
            row.vendor,
            f"{row.memory_gib} GiB",
            row.resource,
            f"{row.job_cpu} cores, {row.job_memory}",
            _mig(row.name, catalog),
            row.driver_from or NONE,
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
        "image",
        "driver by",
        "plugin by",
        "MIG profiles",
        "Kubernetes from",
        "USD/h on demand",
        "USD/h spot",
        "quota",
        "quota of spot",
    )
    rows = sorted(
        catalog.machines[target].values(), key=lambda row: (row.accelerator is None, row.accelerator or "")
    )
    return head, [_machine(row, catalog) for row in rows]


def _machine(row: MachineRow, catalog: Catalog) -> tuple[str, ...]:
    image = usual_image(row, catalog)
    return (
        row.name,
        f"{row.accelerator}:{row.count}" if row.accelerator else NONE,
        str(row.vcpus or row.cpu or "its own"),
        f"{row.memory_mib // 1024} GiB" if row.memory_mib else row.memory or "its own",
        row.fabric + (f" x{row.fabric_cards}" if row.fabric_cards else ""),
        f"{row.local_disks} x {row.local_disk_gib} GiB" if row.local_disks else NONE,
        ", ".join(row.capacities),
        image.name if image else NONE,
        image.driver if image and row.accelerator else NONE,
        image.device_plugin if image and row.accelerator else NONE,
        _mig(row.accelerator, catalog),
        kubernetes_from(row, image) or NONE,
        _cheapest(row, catalog, lambda price: (price.on_demand, price.date)),
        _cheapest(row, catalog, lambda price: (price.spot, price.spot_day)),
        row.quota or NONE,
        row.spot_quota or NONE,
    )


def usual_image(row: MachineRow, catalog: Catalog) -> NodeImageRow | None:
    """The image family that a pool of the machine gets unless it names another."""
    return catalog.node_images[row.target].get(next(iter(row.node_images), ""))


def kubernetes_from(row: MachineRow, image: NodeImageRow | None) -> str:
    """The oldest Kubernetes minor version for the machine and its usual image; empty: no limit known."""
    known = [one for one in (row.kubernetes_from, image.kubernetes_from if image else "") if one]
    return max(known, key=lambda version: [int(part) for part in version.split(".")], default="")


def _mig(accelerator: str | None, catalog: Catalog) -> str:
    profiles = catalog.mig.get(accelerator or "")
    return str(len(profiles)) if profiles else NONE


def _cheapest(row: MachineRow, catalog: Catalog, read: Callable[[PriceRow], tuple[float | None, str]]) -> str:
    """The lowest price that any table has, with its region and the table's date. read: price and date of a row."""
    known = (
        (read(rows[row.name]), region)
        for region, rows in catalog.prices[row.target].items()
        if row.name in rows
    )
    best = min(((price, region, day) for (price, day), region in known if price is not None), default=None)
    return f"{best[0]:.2f} {best[1]} ({best[2]})" if best else "not known"
