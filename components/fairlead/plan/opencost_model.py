"""The plan of the opencost layer: plain data, as the rest of the plan."""

from __future__ import annotations

from dataclasses import dataclass

LAYER = IMAGE = "opencost"
"""The layer, and its image of the lock."""
NAMESPACE = "fairlead-opencost"
COUNTED = "nvidia.com/gpu"
"""The one resource that OpenCost takes for accelerators: GetNodeCost of pkg/costmodel/costmodel.go, v1.108.1."""
SETTINGS = ("alibaba.json", "aws.json", "azure.json", "default.json", "gcp.json", "scaleway.json")
"""Names of its settings. It reads one of them: by where the first node says that it is, though prices come from a table
(pkg/cloud/provider/provider.go)."""


@dataclass(frozen=True)
class PoolPrice:
    """What every node of a pool is counted with."""

    pool: str
    capacity: str
    """The first step of its ladder, whose price this is."""
    price: float
    """USD an hour."""


@dataclass(frozen=True)
class OpencostPlan:
    """Whether OpenCost runs, and with which prices."""

    enabled: bool = False
    memory: str = ""
    """That it may use at its most."""
    prices: tuple[PoolPrice, ...] = ()
    """Of the pools whose price is known."""
