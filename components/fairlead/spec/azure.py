"""What a cluster of this cloud is told beside what all clouds share."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from fairlead.spec.base import Flag, Model
from fairlead.spec.target import CloudTarget, PrivateRange

GUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
Guid = Annotated[str, StringConstraints(pattern=rf"^{GUID}$")]
"""An id of Microsoft's cloud: 32 hexadecimal digits in five groups, lower case."""
SUBNET = (
    rf"^/subscriptions/{GUID}/resourceGroups/[A-Za-z0-9_.()-]+/providers/Microsoft\.Network"
    r"/virtualNetworks/[A-Za-z0-9_.-]+/subnets/[A-Za-z0-9_.-]+$"
)


class AzureNetwork(Model):
    """A network that stands already; left out, one is built."""

    subnet: Annotated[str, StringConstraints(pattern=SUBNET)]
    """Resource id of the subnet for nodes and private endpoints: large enough for all pools, in the same region."""
    egress: Literal["nat-gateway", "routes"] = "nat-gateway"
    """How its nodes reach the outside: its own NAT gateway, or a route table that leads to a firewall."""


class AzureTarget(CloudTarget):
    """A cluster of Azure Kubernetes Service."""

    kind: Literal["azure"]
    """Which target builds the cluster."""
    subscription: Guid
    """Id of the subscription."""
    tenant: Guid
    """Id of the Entra tenant in which people and identities are."""
    network: AzureNetwork | None = None
    """A network that stands; left out, one is built from `cidr`."""
    pod_cidr: PrivateRange = "10.244.0.0/16"
    """Addresses of pods, a part of the overlay: each node takes a /24 of it."""
    service_cidr: PrivateRange = "172.16.0.0/16"
    """Addresses of services inside the cluster."""
    tier: Literal["free", "standard", "premium"] = "standard"
    """Tier of the control plane; only standard and premium come with an uptime agreement."""
    upgrade_channel: Literal["patch", "stable", "rapid", "none"] = "patch"
    """How AKS upgrades Kubernetes by itself; patch stays in the minor version that is pinned."""
    node_image_channel: Literal["node-image", "security-patch", "none"] = "node-image"
    """How AKS renews node images by itself."""
    node_provisioning: Flag = False
    """Node auto-provisioning: Karpenter, run by AKS, grows pools beyond `min` in place of the cluster autoscaler."""
    host_encryption: Flag = False
    """Encrypts temporary disks and caches on the host; the subscription's feature EncryptionAtHost must be on."""
    log_days: Annotated[int, Field(ge=30, le=730, strict=True)] = 30
    """Days for which audit logs are kept."""
