"""A tenant: a team, what it is guaranteed, and the fence around it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

from fairlead.spec.base import Cidr, Flag, Model, Name, Quantity
from fairlead.spec.budget import BudgetField

Preemption = Literal["never", "lower-priority"]
PodSecurity = Literal["restricted", "baseline"]
HostAccess = Literal["fabric"]


def _group(value: str) -> str:
    if value.startswith("system:"):
        raise ValueError("must not begin with system:, those groups belong to Kubernetes itself")
    return value


def _person(value: str) -> str:
    if value.startswith("system:"):
        raise ValueError("must not begin with system:, those names belong to Kubernetes itself")
    return value


Group = Annotated[str, StringConstraints(min_length=1, max_length=253), AfterValidator(_group)]
Person = Annotated[str, StringConstraints(min_length=1, max_length=253), AfterValidator(_person)]
Owner = Annotated[str, StringConstraints(pattern=r"^[^\s]+$", max_length=253)]
"""An e-mail address, a handle, a group: one word."""
CostCenter = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$", max_length=63)
]
"""What a label of Kubernetes can hold."""
Limits = dict[str, Annotated[int, Field(ge=0, le=1_000_000, strict=True)]]
"""Accelerators by catalogue name, for example {H100: 8}."""


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


class People(Model):
    """Who has a role."""

    groups: tuple[Group, ...] = ()
    """Groups of the identity provider."""
    members: tuple[Person, ...] = ()
    """People by themselves, by the name under which the cluster's API server knows them."""


class Roles(Model):
    """Who may do more than a member of the tenant, and who less."""

    admin: People = People()
    """What members may do, and beside that: stop and drain the tenant's queues, end single pods."""
    viewer: People = People()
    """See what members see but secrets, and change nothing. By groups and people of the cluster's API alone: the
    platform's own pages let nobody in who may only look."""


class Tenant(Model):
    """A team: a namespace, a share of the accelerators, people, and a fence around them."""

    name: Name
    """Becomes the namespace."""
    owner: Owner | None = None
    """Who answers for it: an e-mail address, a handle or a group, one word; an annotation of the namespace. A team file
    must say it."""
    cost_center: CostCenter | None = None
    """Whom its costs are charged to; a label of the namespace, by which tools that count costs can add up."""
    groups: tuple[Group, ...] = ()
    """Groups of the identity provider whose members may send and see workloads here."""
    members: tuple[Person, ...] = ()
    """People who may do so without a group, by the name under which the cluster's API server knows them. The platform's
    own pages know groups alone."""
    roles: Roles = Roles()
    """Who may do more than a member, and who less."""
    quota: Quota
    """Guaranteed share."""
    borrow: Flag = True
    """May use what other tenants leave unused."""
    borrow_limit: Limits = Field(default_factory=dict)
    """Most accelerators, by name, that it may use beyond its own share; one that is not named: no limit."""
    lend_limit: Limits = Field(default_factory=dict)
    """Most accelerators, by name, of its own share that others may use; one that is not named: all of them."""
    budget: BudgetField | None = None
    """USD a month (730 hours) that the accelerators it holds may cost: where they cost more an alert says so, and
    nothing is stopped; needs the layer `monitoring`. As `{month: 5000, limit: true}` its queue keeps it too: no more is
    admitted at once than the sum pays for, hour by hour."""
    weight: Annotated[int, Field(ge=1, le=1_000, strict=True)] = 1
    """Its part of what tenants borrow, against the weights of those that borrow too."""
    preemption: Preemption = "lower-priority"
    """Whether its waiting workloads may evict running ones of lower priority: own ones, others that borrow."""
    pod_security: PodSecurity = "restricted"
    """Pod Security Standard that its pods must keep."""
    host_access: Annotated[tuple[HostAccess, ...], Field(max_length=1)] = ()
    """What of the nodes its jobs may touch beside that, by the platform team's leave. fabric: the daemon and the
    folders that GPUDirect-TCPX and TCPXO need beside a job, exactly as this platform writes them."""
    egress: tuple[Cidr, ...] = ()
    """Address ranges its pods may call, beside its own pods and the cluster's DNS."""
