"""The model-registry layer, decided: where it can run at all, how many servers, and what its reader should know."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fairlead.catalog.model import CapabilityRow
from fairlead.errors import Problem
from fairlead.plan.model import PoolPlan
from fairlead.plan.model_registry_model import CPU_MILLI, LAYER, MEMORY_MIB, ModelRegistryPlan
from fairlead.plan.replicas import pair
from fairlead.spec.layer import Layers
from fairlead.spec.model_registry import ModelRegistry


def check(layers: Layers, target: str, row: CapabilityRow) -> Iterator[Problem]:
    """row: what the target says of the layer."""
    if layers.model_registry.enabled and row.status == "unsupported":
        yield Problem(
            f"platform.layers.{LAYER}.enabled",
            f"target {target} runs no Kubeflow Model Registry: {row.reason}",
            "true",
            "false",
            "write enabled: false; the layer tracking has a registry of models on every target",
        )


def model_registry_plan(spec: ModelRegistry, pools: Sequence[PoolPlan]) -> ModelRegistryPlan:
    """Whether tenants have registries."""
    return ModelRegistryPlan(True, spec.replicas or pair(pools)) if spec.enabled else ModelRegistryPlan()


def notes(plan: ModelRegistryPlan, tenants: int) -> Iterator[str]:
    """What the reader of a plan should know: who sees what, and what it costs. tenants: how many there are."""
    if plan.enabled:
        servers = tenants * plan.replicas
        yield (
            "Kubeflow Model Registry asks nobody who calls, so each tenant has a registry of its own, which its pods"
            f" alone reach, in a schema of its own of one PostgreSQL: {servers} pods with together"
            f" {servers * CPU_MILLI}m cores and {servers * MEMORY_MIB}Mi of memory."
        )
