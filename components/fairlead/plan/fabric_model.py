"""The fast network between nodes, decided: what jobs get of it, and what runs on the nodes for it. Plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fairlead.plan.model import Toleration


@dataclass(frozen=True)
class RdmaPlan:
    """What others offer of InfiniBand or RoCE on a pool's nodes."""

    resources: Mapping[str, int]
    """What a pod of a whole node asks for; empty: this platform offers it."""
    networks: tuple[str, ...] = ()
    """Networks that it joins, NAMESPACE/NAME."""


@dataclass(frozen=True)
class Folder:
    """A folder of the node inside a container."""

    path: str
    mount: str
    writable: bool = False


@dataclass(frozen=True)
class Daemon:
    """A program beside each job, with rights on the node: exactly this, and nothing that resembles it."""

    name: str
    image: str
    """In the lock."""
    command: tuple[str, ...]
    env: Mapping[str, str]
    capabilities: tuple[str, ...]
    folders: tuple[Folder, ...]
    annotations: Mapping[str, str]
    """By which the node's devices reach it."""
    injector: str
    """Beginning of such annotations: nobody else may use one."""
    ready: str = ""
    """File that it writes once it can serve."""
    shared: str = ""
    """Folder that it shares with the job."""


@dataclass(frozen=True)
class Claim:
    """A device that each pod of a job claims, and how the queue counts it."""

    device_class: str
    resource: str
    """Name under which the queue counts it."""
    template: str
    """ResourceClaimTemplate in every tenant's namespace: its ComputeDomain's controller makes it."""
    domain: str
    """ComputeDomain in every tenant's namespace."""


@dataclass(frozen=True)
class JobFabric:
    """What the jobs of several whole nodes of one accelerator get of the network between them."""

    accelerator: str
    """As jobs ask for it: H100, or H100/dra where pods claim it."""
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
    daemon: Daemon | None = None
    """What runs beside the job."""
    folders: tuple[Folder, ...] = ()
    """Folders of the node that the job sees."""
    claim: Claim | None = None
    """What each pod claims of the NVLink between nodes, which is there beside any other network."""
    apart: str = ""
    """Why jobs of accelerators with such an NVLink get none of it."""


@dataclass(frozen=True)
class NodePart:
    """Software of a fabric on the nodes of some pools."""

    name: str
    """Of the chart and of the image in the lock."""
    accelerators: tuple[str, ...]
    """What the nodes of these pools carry as their accelerator."""
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
    permitted: tuple[str, ...] = ()
    """Tenants whose jobs may run a daemon with rights on the node."""

    @property
    def daemons(self) -> tuple[JobFabric, ...]:
        """What jobs get that has a daemon: only those of permitted tenants may have it."""
        return tuple(one for one in self.jobs if one.daemon)

    @property
    def claims(self) -> tuple[Claim, ...]:
        """What pods claim, each once."""
        return tuple(dict.fromkeys(one.claim for one in self.jobs if one.claim))
