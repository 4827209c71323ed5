"""InfiniBand and RoCE of a pool's nodes, where the machine does not tell or others offer it to pods."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from fairlead.spec.base import Model

ResourceName = Annotated[
    str,
    StringConstraints(
        pattern=r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?/[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$"
    ),
]
"""Name of an extended resource, for example rdma/ib."""
NetworkName = Annotated[
    str, StringConstraints(pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?/[a-z0-9]([-a-z0-9.]*[a-z0-9])?$")
]
"""A NetworkAttachmentDefinition, NAMESPACE/NAME."""


class Rdma(Model):
    """The fast network of a pool's nodes, and who offers its interfaces to pods."""

    kind: Literal["infiniband", "roce"] | None = None
    """What the network is. Needed on nodes that stand; elsewhere the machine tells, and this must agree."""
    resources: dict[ResourceName, Annotated[int, Field(ge=1, le=1_000, strict=True)]] = Field(
        default_factory=dict
    )
    """What a pod of a whole node asks for where others run the device plugin, for example {rdma/ib: 8}. Left out,
    this platform runs one, for InfiniBand alone."""
    networks: tuple[NetworkName, ...] = ()
    """Networks that such a pod joins by Multus, NAMESPACE/NAME in the order of its interfaces: needed for RoCE."""
