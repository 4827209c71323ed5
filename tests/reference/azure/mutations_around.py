"""Mistakes around the cluster that the judge must notice: network, identities, roles."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from reference.azure.kinds import PROVIDER
from reference.common import Resource
from reference.mutation import Mutation, add, delete, edit, rename, to

_NIL = "00000000-0000-0000-0000-000000000000"


def of(kind: str) -> str:
    """The token of a type of the provider."""
    return f"{PROVIDER}{kind}"


SUBNET, NAT, ADDRESS = of("network:Subnet"), of("network:NatGateway"), of("network:PublicIPAddress")
ENDPOINT, ZONE, LINK = (
    of("network:PrivateEndpoint"),
    of("privatedns:PrivateZone"),
    of("privatedns:VirtualNetworkLink"),
)
VNET, GROUP, FIREWALL = (
    of("network:VirtualNetwork"),
    of("resources:ResourceGroup"),
    of("network:NetworkSecurityGroup"),
)
ROLE, TRUST, IDENTITY = (
    of("authorization:RoleAssignment"),
    of("managedidentity:FederatedIdentityCredential"),
    of("managedidentity:UserAssignedIdentity"),
)


def cut(old: str, new: str) -> Callable[[Any], Any]:
    """A text with one part of it replaced."""
    return lambda text: text.replace(old, new)


def to_a_workflow(one: Resource) -> bool:
    """A credential for a pipeline outside of the cluster."""
    return "githubusercontent" in one["inputs"]["issuer"]


def to_a_pod(one: Resource) -> bool:
    """A credential for a service account of the cluster."""
    return not to_a_workflow(one)


def nodes(one: Resource) -> bool:
    """The subnet of the nodes."""
    return "natGateway" in one["inputs"]


def on_blobs(one: Resource) -> bool:
    """An assignment on a storage account or a part of it."""
    return "storage:" in str(one["inputs"]["scope"])


NETWORK = (
    Mutation("a subnet outside of its network", SUBNET, "addressPrefix", to("192.168.200.0/24")),
    Mutation("a subnet that is no range", SUBNET, "addressPrefix", edit(cut("/", "/1"))),
    Mutation("no room for the nodes", SUBNET, "addressPrefix", edit(lambda t: t.partition("/")[0] + "/29"), nodes),
    Mutation("nodes without a way out", SUBNET, "natGateway", delete, nodes),
    Mutation("a way out that is an address", SUBNET, "natGateway.id",
             edit(cut("network:NatGateway", "network:PublicIPAddress")), nodes),
    Mutation("a misspelt key of a subnet", SUBNET, "addressPrefix", rename("addressPrefixe")),
    Mutation("a policy of endpoints in the wrong case", SUBNET, "privateEndpointNetworkPolicies", edit(str.lower)),
    Mutation("a subnet of another group's network", SUBNET, "virtualNetworkName", to("another-network")),
    Mutation("a service that does not exist", SUBNET, "serviceEndpoints[0].service", to("Microsoft.KeyVaults")),
    Mutation("an address SKU in lower case", ADDRESS, "sku.name", edit(str.lower)),
    Mutation("a basic address at a standard gateway", ADDRESS, "sku.name", to("Basic")),
    Mutation("an address that changes", ADDRESS, "publicIPAllocationMethod", to("Dynamic")),
    Mutation("a gateway without an address", NAT, "publicIpAddresses", to([])),
    Mutation("a gateway SKU that does not exist", NAT, "sku.name", to("Premium")),
    Mutation("an idle timeout as a text", NAT, "idleTimeoutInMinutes", edit(str)),
    Mutation("a network without addresses", VNET, "addressSpace", delete),
    Mutation("a network of other addresses", VNET, "addressSpace.addressPrefixes", to(["198.51.100.0/24"])),
    Mutation("a network elsewhere", VNET, "location", to("westus")),
    Mutation("a region as people say it", VNET, "location", to("Sweden Central")),
    Mutation("a group name that is too long", GROUP, "resourceGroupName", edit(lambda t: t.ljust(91, "x"))),
    Mutation("a group that moved", GROUP, "location", to("mars-central")),
    Mutation("an endpoint of nothing", ENDPOINT, "privateLinkServiceConnections[0].groupIds", to([])),
    Mutation("an endpoint of what the service has not", ENDPOINT, "privateLinkServiceConnections[0].groupIds",
             to(["sqlServer"])),
    Mutation("an endpoint of the wrong kind", ENDPOINT, "privateLinkServiceConnections[0].privateLinkServiceId",
             edit(lambda text: "${azure-native:resources:ResourceGroup::x.id}" if text else text)),
    Mutation("an endpoint in a network", ENDPOINT, "subnet.id", edit(cut("network:Subnet", "network:VirtualNetwork"))),
    Mutation("a private zone of another name", ZONE, "privateZoneName", edit(lambda t: t.replace("privatelink.", ""))),
    Mutation("a private zone in a region", ZONE, "location", to("eastus2")),
    Mutation("a zone's link to a subnet", LINK, "virtualNetwork.id",
             edit(cut("network:VirtualNetwork", "network:Subnet"))),
    Mutation("a link without registration said as a text", LINK, "registrationEnabled", to("false")),
)  # fmt: skip
"""In networks, their ways out and private endpoints."""

IDENTITIES = (
    Mutation("a role that does not exist", ROLE, "roleDefinitionId",
             edit(lambda t: t.rpartition("/")[0] + "/" + _NIL)),
    Mutation("a role by its name", ROLE, "roleDefinitionId", to("Storage Blob Data Contributor")),
    Mutation("a role that may hand out rights", ROLE, "roleDefinitionId",
             edit(lambda t: t.rpartition("/")[0] + "/8e3af657-a8ff-443c-a75c-2fe8c4bcb635")),
    Mutation("a role that allows nothing there", ROLE, "roleDefinitionId",
             edit(lambda t: t.rpartition("/")[0] + "/7f951dda-4ed3-4680-a7ca-43fe172d538d")),
    Mutation("a role's id broken", ROLE, "roleDefinitionId", edit(cut("Microsoft.Authorization", "Microsoft.Authz"))),
    Mutation("an identity's resource id for its principal", ROLE, "principalId", edit(cut(".principalId", ".id"))),
    Mutation("an identity's client for its principal", ROLE, "principalId", edit(cut(".principalId", ".clientId"))),
    Mutation("a principal type that does not exist", ROLE, "principalType", to("ManagedIdentity")),
    Mutation("a machine as a person", ROLE, "principalType", to("User"),
             lambda one: "${" in one["inputs"]["principalId"]),
    Mutation("no principal type", ROLE, "principalType", delete),
    Mutation("a scope that is a name", ROLE, "scope", edit(cut(".id}", ".name}")), on_blobs),
    Mutation("a scope that is nothing's id", ROLE, "scope", to("/subscription/1234")),
    Mutation("an assignment's name that is no GUID", ROLE, "", add("roleAssignmentName", "jobs-objects")),
    Mutation("a role of another subscription", ROLE, "roleDefinitionId",
             edit(cut("/subscriptions/0", "/subscriptions/1"))),
    Mutation("rights to hand out every right", ROLE, "condition", delete),
    Mutation("rights to make owners", ROLE, "condition",
             edit(cut("b24988ac-6180-42a0-ab88-20f7382dd24c", "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"))),
    Mutation("a condition with a bracket too many", ROLE, "condition", edit(lambda t: f"({t}")),
    Mutation("a condition of an old version", ROLE, "conditionVersion", to("1.0")),
    Mutation("another audience", TRUST, "audiences", to(["sts.amazonaws.com"])),
    Mutation("a subject without its kind", TRUST, "subject", edit(cut("system:serviceaccount:", "")), to_a_pod),
    Mutation("a subject with a star", TRUST, "subject", to("system:serviceaccount:*:*"), to_a_pod),
    Mutation("a workflow of any repository", TRUST, "subject", to("repo:*"), to_a_workflow),
    Mutation("an issuer over plain HTTP", TRUST, "issuer", to("http://issuer.example")),
    Mutation("an issuer that is the cluster's address", TRUST, "issuer",
             edit(lambda t: t.rpartition(".")[0] + ".fqdn}"), to_a_pod),
    Mutation("a credential of the cluster", TRUST, "resourceName",
             edit(cut("managedidentity:UserAssignedIdentity", "containerservice:ManagedCluster"))),
    Mutation("no subject", TRUST, "subject", delete),
    Mutation("an identity name that is too long", IDENTITY, "resourceName", edit(lambda t: t.ljust(129, "x"))),
)  # fmt: skip
"""In identities, roles and trust."""
