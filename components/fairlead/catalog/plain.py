"""The catalogue as plain data for programs: each row with what other tables say of it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from fairlead.catalog.model import Catalog, MachineRow
from fairlead.catalog.show import kubernetes_from, targets_with, usual_image


def accelerators(catalog: Catalog) -> list[dict[str, Any]]:
    """Every accelerator, with its MIG profiles and the targets that have machines with it."""
    return [
        {
            **asdict(row),
            "mig": [asdict(profile) for profile in catalog.mig.get(row.name, {}).values()],
            "targets": targets_with(row.name, catalog),
        }
        for row in catalog.accelerators.values()
    ]


def machines(catalog: Catalog, target: str) -> list[dict[str, Any]]:
    """Every machine of a target, with its prices by region, its images and who brings what, its MIG profiles."""
    return [_machine(row, catalog) for row in catalog.machines[target].values()]


def _machine(row: MachineRow, catalog: Catalog) -> dict[str, Any]:
    image = usual_image(row, catalog)
    regions = catalog.prices[row.target].values()
    return {
        **asdict(row),
        "images": [asdict(catalog.node_images[row.target][name]) for name in row.node_images],
        "driver": image.driver if image and row.accelerator else "none",
        "device_plugin": image.device_plugin if image and row.accelerator else "none",
        "toolkit": image.toolkit if image and row.accelerator else "none",
        "kubernetes_from": kubernetes_from(row, image),
        "mig": list(catalog.mig.get(row.accelerator or "", {})),
        "prices": [asdict(rows[row.name]) for rows in regions if row.name in rows],
    }
