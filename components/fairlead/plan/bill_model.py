"""What a platform's nodes cost, as plain data."""

from __future__ import annotations

from dataclasses import dataclass

HOURS = 730
"""Hours of a month: a twelfth of a year of 8,760."""


@dataclass(frozen=True)
class Amount:
    """So many nodes, and what they cost."""

    nodes: float
    """On average: a part of a node runs part of the time."""
    hour: float | None
    """USD an hour; None where it is not known."""
    whole: bool = True
    """False for a sum of which a part is not known: that part comes on top."""

    @property
    def month(self) -> float | None:
        """USD a month; None where it is not known."""
        return None if self.hour is None else self.hour * HOURS


@dataclass(frozen=True)
class Spread:
    """The amounts between which a pool moves."""

    least: Amount
    """Nothing runs."""
    expected: Amount
    most: Amount
    """Every node there may be, bought as dearly as the ladder allows."""

    @property
    def bounds(self) -> dict[str, Amount]:
        """The three by their names, in their order."""
        return {"min": self.least, "expected": self.expected, "max": self.most}


@dataclass(frozen=True)
class Step:
    """One step of a pool's capacity ladder."""

    capacity: str
    usd: float | None
    """USD an hour of one node; None where it is not known."""
    date: str
    """Of the table that says so: `undated`, or STATED for the spec itself; empty where nobody says."""
    source: str
    why: str = ""
    """Why the price is not known; empty where it is."""


@dataclass(frozen=True)
class PoolCost:
    """What the nodes of one pool cost."""

    pool: str
    machine: str
    region: str
    """Empty where the target has none."""
    steps: tuple[Step, ...]
    """How nodes are bought, best first."""
    cost: Spread


@dataclass(frozen=True)
class Bill:
    """What the nodes of a platform cost."""

    platform: str
    target: str
    region: str
    share: float
    """Part of the nodes above the resting ones that is expected to run."""
    pools: tuple[PoolCost, ...]
    total: Spread
    notes: tuple[str, ...]
    """What the reader must know beside the figures."""
