"""What a coherence rule is, and what it looks at."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fairlead.catalog.model import AcceleratorRow, Catalog, NodeImageRow
from fairlead.errors import Problem
from fairlead.plan.gpu_model import Software
from fairlead.spec.layer import GpuLayer
from fairlead.spec.pool import Pool

LAYER = "platform.layers.gpu"
OPERATOR = f"{LAYER}.operator"
Object = Mapping[str, Any]


@dataclass(frozen=True)
class PoolFacts:
    """A pool with real accelerators: what was asked for, and what was decided."""

    where: str
    pool: Pool
    accelerator: AcceleratorRow
    image: NodeImageRow
    software: Software
    fabric: str = "none"
    """Fast network of its nodes, as the machine's row or the pool has it; none where the pool leaves it alone."""


@dataclass(frozen=True)
class Facts:
    """A spec, as far as the software of its accelerators depends on it."""

    target: str
    kubernetes: str
    """Version, without a leading v."""
    karpenter: bool
    """Whether Karpenter makes the nodes that pools grow by."""
    gpu: GpuLayer
    pools: tuple[PoolFacts, ...]
    catalog: Catalog
    permitted: tuple[str, ...] = ()
    """Tenants whose jobs may have a daemon with rights on the node."""

    def of(self, vendor: str) -> tuple[PoolFacts, ...]:
        """Pools with accelerators of one vendor."""
        return tuple(one for one in self.pools if one.accelerator.vendor == vendor)

    @property
    def operated(self) -> tuple[PoolFacts, ...]:
        """Pools on which this platform's GPU operator works."""
        return self.of("NVIDIA") if self.gpu.operator else ()


@dataclass(frozen=True)
class Rule:
    """One way in which parts that are sound by themselves do not fit together."""

    name: str
    prevents: str
    """What happens on a real cluster without the rule."""
    thread: str
    """Where somebody whom it happened to tells of it."""
    check: Callable[[Facts], Iterator[Problem]]


@dataclass(frozen=True)
class Invariant:
    """What must hold of the objects that come out of charts, whatever went in."""

    name: str
    prevents: str
    thread: str
    check: Callable[[Sequence[Object]], Iterator[str]]
    """Objects that go into one cluster -> what is wrong with them."""
