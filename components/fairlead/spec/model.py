"""The platform spec: one object under the key `fairlead:platform` of a stack.

What one field alone decides is checked here. What needs the catalogue or another part of the
spec is checked by `fairlead.plan`, so that every problem is reported in one go.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal, cast, get_args

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PlainSerializer,
    StringConstraints,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from fairlead.spec.base import AcceleratorsField, Cidr, Duration, Flag, Model, Name, Quantity, Text
from fairlead.spec.onprem import Nodes
from fairlead.spec.targets import Target

Capacity = Literal["reserved", "on-demand", "flex", "spot"]
WORDS = get_args(Capacity)


def _ladder(value: Any) -> Any:
    words: Any = [value] if isinstance(value, str) else value
    if not isinstance(words, (list, tuple)) or not words:
        raise ValueError("must be a word, or a list of words, best first")
    entries = list(cast("Sequence[Any]", words))
    for word in entries:
        if word not in WORDS:
            known = ", ".join(repr(one) for one in WORDS)
            raise PydanticCustomError("literal_error", "unknown word", {"expected": known})
    if len(set(entries)) != len(entries):
        raise ValueError("names a capacity twice")
    return tuple(entries)


def _written(words: tuple[str, ...]) -> str | list[str]:
    """As a user writes it: one word by itself."""
    return words[0] if len(words) == 1 else list(words)


Ladder = Annotated[
    tuple[Capacity, ...],
    BeforeValidator(_ladder),
    PlainSerializer(_written),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "enum": list(WORDS)},
                {
                    "type": "array",
                    "items": {"type": "string", "enum": list(WORDS)},
                    "minItems": 1,
                    "uniqueItems": True,
                },
            ]
        }
    ),
]
"""One capacity, or several, best first."""
Preemption = Literal["never", "lower-priority"]
PodSecurity = Literal["restricted", "baseline"]


def _group(value: str) -> str:
    if value.startswith("system:"):
        raise ValueError("must not begin with system:, those groups belong to Kubernetes itself")
    return value


Group = Annotated[str, StringConstraints(min_length=1, max_length=253), AfterValidator(_group)]


Placement = Literal["spread", "compact"]
Fabric = Literal["auto", "required", "off"]
LocalDisks = Literal["ephemeral", "raw", "off"]


class Disruption(Model):
    """What maintenance and upgrades may take from a pool at a time."""

    max_unavailable: Annotated[int, Field(ge=1, le=100, strict=True)] = 1
    """Nodes that may be away at the same time."""
    drain_minutes: Annotated[int, Field(ge=1, le=10_080, strict=True)] = 60
    """How long a node's pods may take to end before they are stopped, where the target can be told."""


class Pool(Model):
    """Nodes of one machine type. There is no default pool and no unbounded one."""

    name: Name
    """Unique in the platform; becomes the node label fairlead.dev/pool."""
    accelerators: AcceleratorsField | None = None
    """Accelerators of each node, `H100:8`; left out for a pool of plain nodes."""
    machine: Annotated[str, StringConstraints(min_length=1)] | None = None
    """Machine type of the target's catalogue; left out, the smallest that has the accelerators."""
    capacity: Ladder = ("on-demand",)
    """How the nodes are bought: one word, or a list, best first; the next is used where one has none left."""
    reservation: Text | None = None
    """Reserved capacity: its id or name at the cloud; required with capacity reserved where the target buys."""
    min: Annotated[int, Field(ge=0, le=10_000, strict=True)]
    """Nodes that are always there."""
    max: Annotated[int, Field(ge=1, le=10_000, strict=True)]
    """Most nodes there may ever be: this bounds cost and quota."""
    generation: Annotated[int, Field(ge=1, le=999, strict=True)] = 1
    """Raise it to replace the pool: the new nodes stand beside the old ones."""
    zones: tuple[Text, ...] = ()
    """Zones of the target in which the nodes may be; left out, all of them, or one with compact placement."""
    placement: Placement = "spread"
    """compact: the nodes are to stand near each other, for jobs over many nodes."""
    fabric: Fabric = "auto"
    """The fast network between nodes: used where the machine has it, demanded, or left alone."""
    topology: Annotated[str, StringConstraints(pattern=r"^[0-9]+(x[0-9]+){1,2}$")] | None = None
    """Shape of one TPU slice, for example 2x4 or 4x4x4; min and max then count nodes of whole slices."""
    disk_gib: Annotated[int, Field(ge=20, le=64_000, strict=True)] | None = None
    """Size of a node's own disk; left out, the target's usual one."""
    local_disks: LocalDisks = "ephemeral"
    """Disks inside the machine: they carry pods' scratch space and images, are left raw, or are not used."""
    image: Annotated[str, StringConstraints(min_length=1)] | None = None
    """Node image family of the target's catalogue; left out, the machine's usual one."""
    image_streaming: Flag = False
    """Containers start before their image has arrived as a whole."""
    max_duration: Duration | None = None
    """Flexible capacity: how long a node is kept at most."""
    nodes: Nodes | None = None
    """The nodes themselves, on a cluster that stands already; targets that make their nodes refuse it."""
    repair: Flag = True
    """The target replaces nodes that have failed."""
    disruption: Disruption = Disruption()
    """What maintenance may take at a time."""


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
    target: Target
    """Where the cluster is built."""
    pools: Annotated[tuple[Pool, ...], Field(min_length=1)]
    """The nodes; at least one pool without accelerators, for the system's own pods."""
    tenants: Annotated[tuple[Tenant, ...], Field(min_length=1)]
    """Who works here."""
    layers: Layers = Layers()
    """What runs here."""
