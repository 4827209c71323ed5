"""What a cluster of Google Cloud is told beside what all clouds share."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import StringConstraints

from fairlead.spec.base import Flag, Model, Name
from fairlead.spec.target import CloudTarget, Maintenance, PrivateRange

PROJECT = r"[a-z][a-z0-9-]{4,28}[a-z0-9]"

Project = Annotated[str, StringConstraints(pattern=rf"^{PROJECT}$")]
"""Id of a project: 6 to 30 lower-case letters, digits and hyphens."""

Resource = Annotated[str, StringConstraints(pattern=r"^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$")]
"""Name of a resource of Compute Engine: at most 63 lower-case letters, digits and hyphens."""


class GcpNetwork(Model):
    """A network that stands already: one subnet of the region, with two secondary ranges and its own way out."""

    project: Project | None = None
    """Project that shares the network; left out, the platform's own."""
    name: Resource
    """Name of the network."""
    subnet: Resource
    """Subnet of the nodes, with Private Google Access; `cidr` must be its range."""
    pods: Resource
    """Secondary range of the pods; `pod_cidr` must be its range."""
    services: Resource
    """Secondary range of the services; `service_cidr` must be its range."""


class GcpTarget(CloudTarget):
    """A cluster of Google Kubernetes Engine."""

    kind: Literal["gcp"]
    """Which target builds the cluster."""
    project: Project
    """Id of the project."""
    project_number: Annotated[str, StringConstraints(pattern=r"^[0-9]{6,20}$")]
    """Number of the project: it names the service agents that use the key, and the pool of workload identities."""
    maintenance: Maintenance = Maintenance(hours=12)
    """When the cloud may change things by itself: GKE wants 12 hours a week or more."""
    channel: Literal["rapid", "regular", "stable", "extended"] = "regular"
    """Release channel. With `version` the minor version stays until its support ends."""
    network: GcpNetwork | None = None
    """A network that stands already; left out, one is made."""
    pod_cidr: PrivateRange = "10.64.0.0/12"
    """Addresses of the pods: 256 for each node."""
    service_cidr: PrivateRange = "10.32.0.0/20"
    """Addresses of the services in the cluster."""
    fabric_cidr: PrivateRange = "172.16.0.0/14"
    """Addresses of the networks between accelerators; taken where a pool has such a network."""
    dns_endpoint: Flag = False
    """Opens the API server by its DNS name to whoever IAM lets in, from anywhere: no range is asked for."""
    security_group: Annotated[str, StringConstraints(pattern=r"^gke-security-groups@[^@\s]+$")] | None = None
    """Google group gke-security-groups@DOMAIN, whose groups can be named as tenants' groups and admins."""
    data_access_logs: Flag = False
    """Logs who reads what through the APIs of the cluster and of keys, and who writes to the object store. Google
    charges for them; they stay on when the platform is taken down."""
    driver: Literal["default", "latest"] = "default"
    """NVIDIA driver that GKE installs: the one of the node version, or the newest that it offers."""
    queued: tuple[Name, ...] = ()
    """Pools that only grow for a ProvisioningRequest, all nodes of a job at once: their work is placed by topology."""
