"""The platform spec: one object under the key `fairlead:platform` of a stack.

What one field alone decides is checked here. What needs the catalogue or another part of the
spec is checked by `fairlead.plan`, so that every problem is reported in one go.
"""

from __future__ import annotations

from ipaddress import ip_network
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

from fairlead.spec.base import AcceleratorsField, Cidr, Flag, Model, Name, Quantity

Capacity = Literal["reserved", "on-demand", "spot"]
Preemption = Literal["never", "lower-priority"]
PodSecurity = Literal["restricted", "baseline"]


def _link(value: str) -> str:
    network = ip_network(value)
    if network.prefixlen != 30 or network.version != 4:
        raise ValueError("must be an IPv4 /30: two usable addresses, this machine and the cluster")
    if network.is_global:
        raise ValueError(
            "must be a private range, not one of the public internet, for example 100.64.77.0/30"
        )
    return value


def _group(value: str) -> str:
    if value.startswith("system:"):
        raise ValueError("must not begin with system:, those groups belong to Kubernetes itself")
    return value


Group = Annotated[str, StringConstraints(min_length=1, max_length=253), AfterValidator(_group)]


class LocalTarget(Model):
    """A real cluster on this machine with simulated accelerator nodes."""

    kind: Literal["local"]
    """Which target builds the cluster."""
    subnet: Annotated[Cidr, AfterValidator(_link)] = "100.64.77.0/30"
    """Addresses of the link between this machine and the cluster: a /30 that nothing else uses."""


class Pool(Model):
    """Nodes of one machine type. There is no default pool and no unbounded one."""

    name: Name
    """Unique in the platform; becomes the node label fairlead.dev/pool."""
    accelerators: AcceleratorsField | None = None
    """Accelerators of each node, `H100:8`; left out for a pool of plain nodes."""
    machine: Annotated[str, StringConstraints(min_length=1)] | None = None
    """Machine type of the target's catalogue; left out, the smallest that has the accelerators."""
    capacity: Capacity = "on-demand"
    """How the nodes are bought."""
    min: Annotated[int, Field(ge=0, le=10_000, strict=True)]
    """Nodes that are always there."""
    max: Annotated[int, Field(ge=1, le=10_000, strict=True)]
    """Most nodes there may ever be: this bounds cost and quota."""
    generation: Annotated[int, Field(ge=1, le=999, strict=True)] = 1
    """Raise it to replace the pool: the new nodes stand beside the old ones."""


class Quota(Model):
    """What a tenant is guaranteed; more can be borrowed from others while they do not use it."""

    accelerators: dict[str, Annotated[int, Field(ge=0, le=1_000_000, strict=True)]] = Field(
        default_factory=dict
    )
    """Accelerators by catalogue name, for example {H100: 16}."""
    cpu: Quantity = "0"
    """Cores on nodes without accelerators."""
    memory: Quantity = "0"
    """Memory on nodes without accelerators."""
    storage: Quantity = "100Gi"
    """All volume claims together."""
    volumes: Annotated[int, Field(ge=0, le=100_000, strict=True)] = 20
    """Number of volume claims."""


class Tenant(Model):
    """A team: a namespace, a share of the accelerators, people, and a fence around them."""

    name: Name
    """Becomes the namespace."""
    groups: tuple[Group, ...] = ()
    """Groups of the identity provider whose members may send and see workloads here."""
    quota: Quota
    """Guaranteed share."""
    borrow: Flag = True
    """May use what other tenants leave unused."""
    preemption: Preemption = "lower-priority"
    """Whether its waiting workloads may evict running ones of lower priority: own ones, others that borrow."""
    pod_security: PodSecurity = "restricted"
    """Pod Security Standard that its pods must keep."""
    egress: tuple[Cidr, ...] = ()
    """Address ranges its pods may call, beside its own pods and the cluster's DNS."""


class Layer(Model):
    """A part of the platform that runs in the cluster."""

    enabled: Flag = True
    """Off: it is left out, and whatever needs it is refused by name."""


class Layers(Model):
    """Which layers run."""

    gpu: Layer = Layer()
    """Makes nodes advertise their accelerators."""
    tenancy: Layer = Layer()
    """Namespaces, quotas, rights, network policies."""
    queue: Layer = Layer()
    """Kueue: quota, order, gangs, preemption. Its queues lie in the tenants' namespaces."""
    jobs: Layer = Layer()
    """JobSet and Kubeflow Trainer: distributed training jobs, which start from a queue."""


class Platform(Model):
    """All of one environment's platform."""

    name: Name
    """Name of the cluster and prefix of what belongs to it."""
    environment: Name
    """Which environment layer of the configuration applies, for example dev."""
    target: LocalTarget
    """Where the cluster is built."""
    pools: Annotated[tuple[Pool, ...], Field(min_length=1)]
    """The nodes; at least one pool without accelerators, for the system's own pods."""
    tenants: Annotated[tuple[Tenant, ...], Field(min_length=1)]
    """Who works here."""
    layers: Layers = Layers()
    """What runs here."""
