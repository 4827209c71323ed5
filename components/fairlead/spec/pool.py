"""A pool of nodes: what is bought, how many, how it is shared, how it grows and is mended."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal, cast, get_args

from pydantic import BeforeValidator, Field, PlainSerializer, StringConstraints, WithJsonSchema
from pydantic_core import PydanticCustomError

from fairlead.spec.base import AcceleratorsField, Duration, Flag, Model, Name, Text
from fairlead.spec.onprem import Nodes
from fairlead.spec.rdma import Rdma
from fairlead.spec.sharing import SharingField

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
Usd = Annotated[float, Field(ge=0.001, le=100_000, strict=True, allow_inf_nan=False)]
"""USD an hour of one node."""
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
    prices: dict[Capacity, Usd] = Field(default_factory=dict[Capacity, Usd])
    """What you pay for one node, USD an hour, by how it is bought, where you know it better than the tables: a
    commitment, a Capacity Block, nodes of your own. `fairlead cost` counts with it."""
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
    rdma: Rdma | None = None
    """InfiniBand or RoCE of the nodes; left out, what the machine has is offered by this platform."""
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
    image_cache: tuple[Text, ...] = ()
    """Disk images of the cloud with container images in them: each node has a disk of each, and pulls from there."""
    max_duration: Duration | None = None
    """Flexible capacity: how long a node is kept at most."""
    nodes: Nodes | None = None
    """The nodes themselves, on a cluster that stands already; targets that make their nodes refuse it."""
    sharing: SharingField = "none"
    """How pods share one accelerator: none, dra, or {mig: ...}, {time-slicing: n}, {mps: n}."""
    idle_after: Duration = "5m"
    """How long a node that nothing runs on is kept, where the pool may shrink; the autoscaler's own round comes on
    top."""
    warm: Annotated[int, Field(ge=0, le=1_000, strict=True)] = 0
    """Nodes kept ready for the next job beside those in use, where the pool may grow."""
    repair: Flag = True
    """The target replaces nodes that have failed."""
    disruption: Disruption = Disruption()
    """What maintenance may take at a time."""
