"""How many there are of what should outlive a node."""

from __future__ import annotations

from collections.abc import Sequence

from fairlead.plan.model import PoolPlan

PAIR = 2


def standing(pools: Sequence[PoolPlan]) -> int:
    """Nodes that are always there for the platform's own pods."""
    return sum(pool.min_nodes for pool in pools if not pool.accelerator and not pool.simulated)


def pair(pools: Sequence[PoolPlan]) -> int:
    """Two where there are two nodes to run them: one may go and nobody misses it. Else one."""
    return PAIR if standing(pools) >= PAIR else 1
