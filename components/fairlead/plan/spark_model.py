"""The plan of the spark layer: plain data, as the rest of the plan."""

from __future__ import annotations

from dataclasses import dataclass

LAYER = "spark"
CHART = IMAGE = "spark-operator"
"""Its chart and its image of the lock."""
NAMESPACE = "fairlead-spark"


@dataclass(frozen=True)
class SparkPlan:
    """Whether Spark applications run, and by how many operators."""

    enabled: bool = False
    replicas: int = 1
    api_server: tuple[str, ...] = ()
    """Address ranges of the API server; empty where nobody has said."""
