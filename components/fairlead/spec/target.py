"""What every built cluster is told: the parts of a target that all clouds share."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

from fairlead.spec.base import Cidr, Flag, Model, Text


def _private(value: str) -> str:
    network = ip_network(value)
    if network.version != 4 or network.is_global:
        raise ValueError("must be a private IPv4 range, for example 10.0.0.0/16")
    return value


PrivateRange = Annotated[Cidr, AfterValidator(_private)]
"""An IPv4 range that is not routed in the internet."""

Day = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]

Clock = Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
"""A time of the day in UTC, such as 03:00."""


class Endpoint(Model):
    """Who reaches the API server. Its private address is always there."""

    public: Flag = False
    """Whether the API server also has an address in the internet."""
    allow: tuple[Cidr, ...] = ()
    """Ranges that may call it: required with public, and never everybody. Without public, on AWS and Google
    Cloud, ranges of other networks that are connected to the cluster's."""


class Maintenance(Model):
    """When the cloud may change control plane and nodes by itself."""

    day: Day = "sunday"
    """Day of the week."""
    start: Clock = "02:00"
    """Begin, UTC."""
    hours: Annotated[int, Field(ge=4, le=24, strict=True)] = 6
    """Length of the window."""


class Ci(Model):
    """The pipeline that runs previews and deployments: it signs in by OpenID Connect and has no key."""

    issuer: Annotated[str, StringConstraints(pattern=r"^https://[^/]+(/.*)?$")]
    """Issuer of its tokens, for example https://token.actions.githubusercontent.com."""
    subjects: Annotated[tuple[Text, ...], Field(min_length=1)]
    """Subjects that may deploy, for example repo:acme/platform:environment:prod."""


class ObjectStore(Model):
    """The platform's object store: one bucket, a part of it for each tenant."""

    expire_days: Annotated[int, Field(ge=1, le=36_500, strict=True)] = 90
    """Days after which an older version of an object is removed."""
    protect: Flag = True
    """Whether a bucket with content is kept when the platform is taken down."""


class CloudTarget(Model):
    """What a cluster of any cloud is told."""

    region: Text
    """Region of the cloud."""
    zones: Annotated[tuple[Text, ...], Field(min_length=1)]
    """Zones of the region that the cluster uses; pools take all of them or fewer."""
    version: Annotated[str, StringConstraints(pattern=r"^1\.[0-9]{2}$")] | None = None
    """Kubernetes minor version, for example 1.35; left out, the one that this release was tested with."""
    cidr: PrivateRange = "10.0.0.0/16"
    """Addresses of the nodes."""
    endpoint: Endpoint = Endpoint()
    """Who reaches the API server."""
    admins: tuple[Text, ...] = ()
    """Who may do everything in the cluster, in the cloud's own names of people, groups or roles."""
    maintenance: Maintenance = Maintenance()
    """When the cloud may change things by itself."""
    key: Text | None = None
    """Key of the cloud's key service for secrets and disks; left out, one is made for the platform."""
    protect: Flag = True
    """Refuses to delete cluster, key, network and object store until it is switched off."""
    ci: Ci | None = None
    """The pipeline that deploys."""
    object_store: ObjectStore = ObjectStore()
    """The platform's object store."""
    shared_storage: Flag = True
    """Whether there is a file system that many nodes write: the class fairlead-shared."""
    parallel_storage_tib: Annotated[int, Field(ge=1, le=1000, strict=True)] | None = None
    """Size of a Lustre file system for training data, in TiB; left out, there is none."""
