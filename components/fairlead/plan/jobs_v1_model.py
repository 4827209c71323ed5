"""The plan of the jobs-v1 layer: plain data, as the rest of the plan."""

from __future__ import annotations

from dataclasses import dataclass

LAYER = "jobs-v1"
CHART = IMAGE = "training-operator"
"""Its kinds and its image of the lock."""
NAMESPACE = "fairlead-jobs-v1"


@dataclass(frozen=True)
class JobsV1Plan:
    """Whether jobs of Kubeflow's old API run, and by how many operators."""

    enabled: bool = False
    replicas: int = 1
