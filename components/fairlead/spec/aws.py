"""What a cluster of this cloud is told beside what all clouds share."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from fairlead.spec.base import Flag, Model, Text
from fairlead.spec.target import CloudTarget

Nat = Literal["zonal", "single"]


class AwsNetwork(Model):
    """A network that stands already. Routes, NAT and endpoints of it are its owner's."""

    vpc: Annotated[str, StringConstraints(pattern=r"^vpc-([0-9a-f]{8}|[0-9a-f]{17})$")]
    """Id of the VPC."""
    subnets: dict[Text, Annotated[str, StringConstraints(pattern=r"^subnet-([0-9a-f]{8}|[0-9a-f]{17})$")]]
    """Zone -> id of its private subnet: nodes and the API server's private address are there."""


class AwsTarget(CloudTarget):
    """A cluster of Amazon EKS."""

    kind: Literal["aws"]
    """Which target builds the cluster."""
    account: Annotated[str, StringConstraints(pattern=r"^[0-9]{12}$")]
    """Number of the account: the program refuses to run in any other."""
    network: AwsNetwork | None = None
    """A network that stands already; left out, one is made in the range `cidr`."""
    nat: Nat = "zonal"
    """Where nodes leave to the internet: a NAT gateway in each zone, or one for all."""
    private_endpoints: Flag = True
    """Whether registry, identity and EC2 are reached inside the network too; the object store always is."""
    groups: dict[Text, tuple[Text, ...]] = Field(default_factory=dict[Text, tuple[Text, ...]])
    """Group of a tenant -> ARNs of the IAM roles and users that are its members."""
    capacity_blocks: tuple[Text, ...] = ()
    """Which of the pools' reservations are Capacity Blocks, by their ids; the others are on-demand ones."""
    log_days: Annotated[int, Field(ge=1, le=3653, strict=True)] = 365
    """Days for which logs of control plane and network are kept; CloudWatch knows certain ones only."""
