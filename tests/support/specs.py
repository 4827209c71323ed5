"""Small sound platform specs to start from, and a catalogue with more targets than the product has."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

from fairlead.catalog.model import Catalog, MachineRow
from fairlead.catalog.read import load

MINIMAL: dict[str, Any] = {
    "name": "lab",
    "environment": "dev",
    "target": {"kind": "local"},
    "pools": [{"name": "system", "min": 1, "max": 1}],
    "tenants": [{"name": "team-a", "quota": {"cpu": "1", "memory": "1Gi"}}],
}
PRICED: dict[str, Any] = {"pools": [{**MINIMAL["pools"][0], "prices": {"on-demand": 0.2}}]}
"""The same nodes, and what one costs: layers that count money need it."""


def minimal(**changes: Any) -> dict[str, Any]:
    """The smallest sound spec, with top-level keys replaced; always a fresh copy."""
    return copy.deepcopy({**MINIMAL, **changes})


def gpu_pool(name: str = "h100", accelerators: str = "H100:8", nodes: int = 4, **more: Any) -> dict[str, Any]:
    return {"name": name, "accelerators": accelerators, "min": nodes, "max": nodes, **more}


def with_gpus(*pools: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """The smallest sound spec with accelerator pools behind its plain one."""
    system = MINIMAL["pools"][0]
    return minimal(pools=[system, *(pools or (gpu_pool(),))], **changes)


def scaling_catalog(gpu_mode: str = "device-plugin") -> Catalog:
    """The catalogue as if the local target scaled, had plain machines of known size and real ones with
    accelerators: what other targets look like to the pure functions."""
    real = load()
    target = replace(real.targets["local"], autoscaling=True, gpu_mode=gpu_mode)
    machines = {
        name: replace(row, simulated=False, max_nodes=None, max_nodes_reason="")
        for name, row in real.machines["local"].items()
    }
    plain = replace(machines["host"], cpu="4", memory="16Gi", capacities=("on-demand", "spot"))
    machines |= {
        "host": plain,
        "plain-large": replace(plain, name="plain-large", cpu="8", memory="32Gi"),
        "mi300x-8": _machine(plain, "mi300x-8", "MI300X", 8),
        "big-l4-1": _machine(plain, "big-l4-1", "L4", 1),
    }
    return replace(real, targets={"local": target}, machines={"local": machines})


def _machine(plain: MachineRow, name: str, accelerator: str, count: int) -> MachineRow:
    return replace(
        plain,
        name=name,
        accelerator=accelerator,
        count=count,
        cpu="96",
        memory="1000Gi",
        capacities=("reserved", "on-demand", "spot"),
    )
