"""What the local target is told."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from fairlead.spec.base import Cidr, Model, Name
from fairlead.spec.pool import Capacity

Stock = Annotated[int, Field(ge=0, le=10_000, strict=True)]


def _link(value: str) -> str:
    network = ip_network(value)
    if network.prefixlen != 30 or network.version != 4:
        raise ValueError("must be an IPv4 /30: two usable addresses, this machine and the cluster")
    if network.is_global:
        raise ValueError(
            "must be a private range, not one of the public internet, for example 100.64.77.0/30"
        )
    return value


class LocalTarget(Model):
    """A real cluster on this machine with simulated accelerator nodes."""

    kind: Literal["local"]
    """Which target builds the cluster."""
    subnet: Annotated[Cidr, AfterValidator(_link)] = "100.64.77.0/30"
    """Addresses of the link between this machine and the cluster: a /30 that nothing else uses."""
    images: tuple[Name, ...] = ()
    """Images of the lock that are put on the real node for jobs, as `pytorch`, `ray`, `spark`. It pulls none itself."""
    stock: dict[Name, dict[Capacity, Stock]] = Field(default_factory=dict[Name, dict[Capacity, Stock]])
    """Pool that grows -> nodes that the simulated market has of each capacity; left out, enough of it."""
