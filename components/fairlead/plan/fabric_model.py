"""The fast network between nodes, decided: what jobs get of it, and what runs on the nodes for it. Plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fairlead.plan.model import Toleration


@dataclass(frozen=True)
class JobFabric:
    """What the jobs of several whole nodes of one accelerator get of the network between them."""

    accelerator: str
    count: int
    """Accelerators of a whole node: jobs that ask for so many get it."""
    kind: str
    """Row of the catalogue's fabrics, or none."""
    pools: tuple[str, ...]
    given: bool
    why: str
    """Why jobs get it, or why they do not."""
    requests: Mapping[str, str] = field(default_factory=dict[str, str])
    """Extended resources of one pod beside its accelerators: no quota counts them."""
    env: Mapping[str, str] = field(default_factory=dict[str, str])
    profile: str = ""
    """Shell file of the job's image that sets further variables, where it is there; empty: none."""
    annotations: Mapping[str, str] = field(default_factory=dict[str, str])
    """Annotations of a pod, by which it asks for the networks of its node."""


@dataclass(frozen=True)
class NodePart:
    """Software of a fabric on the nodes of some pools."""

    name: str
    """Of the chart and of the image in the lock."""
    accelerators: tuple[str, ...]
    """Catalogue names of the accelerators of these pools."""
    machines: tuple[str, ...]
    """Machine types of these pools."""
    pools: tuple[str, ...]
    """Exactly the nodes of these pools run it."""
    tolerations: tuple[Toleration, ...]
    """Those of these pools, and no others."""


@dataclass(frozen=True)
class FabricsPlan:
    """Everything about the network between nodes."""

    jobs: tuple[JobFabric, ...] = ()
    """One for each accelerator of which whole nodes can be asked for."""
    parts: tuple[NodePart, ...] = ()
    """What runs on nodes."""
    uncounted: tuple[str, ...] = ()
    """Extended resources of jobs that no quota counts: those of every fabric."""
