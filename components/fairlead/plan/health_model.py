"""The plan of the health layer: plain data, as the rest of the plan."""

from __future__ import annotations

from dataclasses import dataclass

NOBODY = "nobody"


@dataclass(frozen=True)
class FaultPlan:
    """What happens when nodes of one pool have one fault."""

    fault: str
    sees: str
    pool: str
    nodes: str
    """all, standing (the pool's min) or growing (above it)."""
    detector: str
    condition: str
    by: str
    """Who acts."""
    action: str
    """none, restart-job, reboot, replace."""
    after_seconds: int
    """How long the fault lasts before that."""
    reason: str
    """Why it is not as the policy asks, or why nobody acts; empty where all is as asked."""
    asked: str = "none"
    """What the policy asks for, whoever may do it."""
    asked_seconds: int = 0
    xids: tuple[str, ...] = ()
    """Codes of NVIDIA's driver that mean this fault."""

    @property
    def by_sweep(self) -> bool:
        """Whether `fairlead node sweep` acts: where somebody should, and nobody else does."""
        return self.by == NOBODY and self.asked in ("reboot", "replace")


@dataclass(frozen=True)
class NoticePlan:
    """Who warns before machines go."""

    event: str
    giver: str
    seconds: int | None
    """What pods have of it; None where no figure is promised."""


@dataclass(frozen=True)
class DetectorRule:
    """A message of the kernel log, and what it means for the node."""

    condition: str
    """Node condition that it sets."""
    reason: str
    pattern: str
    """RE2 expression."""
    lasting: bool
    """False: it leaves an event, and sets no condition."""


@dataclass(frozen=True)
class DetectorPlan:
    """The detector that this platform runs: on which nodes, tolerating what, looking for what."""

    pools: tuple[str, ...]
    tolerations: tuple[tuple[str, str, str, str], ...]
    """Key, operator, value and effect of each; of its pools, and of quarantine. Kubernetes adds those of nodes
    that are not ready, unreachable, cordoned or under pressure to every DaemonSet."""
    rules: tuple[DetectorRule, ...]


@dataclass(frozen=True)
class HealthPlan:
    """The fault policy, compiled to the target."""

    enabled: bool = False
    stop_above: int = 20
    """Percent of a pool's nodes; nothing is mended while more are unhealthy, where the target can be told."""
    grace_seconds: int = 60
    """How long a job's pods may take to stop, unless the job says otherwise."""
    faults: tuple[FaultPlan, ...] = ()
    limits: tuple[str, ...] = ()
    """How much each repairer mends at a time."""
    notices: tuple[NoticePlan, ...] = ()
    detector: DetectorPlan | None = None
