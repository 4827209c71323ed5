"""The plan of the ray layer: plain data, as the rest of the plan."""

from __future__ import annotations

from dataclasses import dataclass

LAYER, CHART, IMAGE = "ray", "kuberay", "kuberay-operator"
"""The layer, its chart and its image of the lock."""
NAMESPACE = "fairlead-ray"


@dataclass(frozen=True)
class RayPlan:
    """Whether Ray runs, and by how many operators."""

    enabled: bool = False
    replicas: int = 1
