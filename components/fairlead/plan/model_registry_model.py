"""The plan of the model-registry layer: plain data, as the rest of the plan."""

from __future__ import annotations

from dataclasses import dataclass

from fairlead.plan.databases_model import USERS

LAYER = IMAGE = "model-registry"
"""The layer, and its image of the lock."""
NAMESPACE = USERS[LAYER]
CPU_MILLI, MEMORY_MIB, MOST_MIB = 20, 32, 256
"""Asked for by each server: thousandths of a core, MiB, most MiB. Idle it holds 23 MiB."""


@dataclass(frozen=True)
class ModelRegistryPlan:
    """Whether tenants have registries, and how many servers each."""

    enabled: bool = False
    replicas: int = 1
