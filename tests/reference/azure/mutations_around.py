"""Mistakes around the cluster that the judge must notice: network, identity, keys, storage, Kubernetes."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from reference.azure.kinds import PROVIDER
from reference.common import Resource
from reference.mutation import Mutation, delete, edit, rename, to

_NIL = "00000000-0000-0000-0000-000000000000"


def _of(kind: str) -> str:
    return f"{PROVIDER}{kind}"


SUBNET, NAT, ADDRESS = _of("network:Subnet"), _of("network:NatGateway"), _of("network:PublicIPAddress")
ENDPOINT, ZONE, LINK = (
    _of("network:PrivateEndpoint"),
    _of("privatedns:PrivateZone"),
    _of("privatedns:VirtualNetworkLink"),
)
VNET, GROUP, FIREWALL = (
    _of("network:VirtualNetwork"),
    _of("resources:ResourceGroup"),
    _of("network:NetworkSecurityGroup"),
)
ROLE, TRUST, IDENTITY = (
    _of("authorization:RoleAssignment"),
    _of("managedidentity:FederatedIdentityCredential"),
    _of("managedidentity:UserAssignedIdentity"),
)
VAULT, KEY, DISKS = _of("keyvault:Vault"), _of("keyvault:Key"), _of("compute:DiskEncryptionSet")
ACCOUNT, CONTAINER, LIFECYCLE, VERSIONS = (
    _of("storage:StorageAccount"),
    _of("storage:BlobContainer"),
    _of("storage:ManagementPolicy"),
    _of("storage:BlobServiceProperties"),
)
WINDOW, LOGS, WORKSPACE = (
    _of("containerservice:MaintenanceConfiguration"),
    _of("monitor:DiagnosticSetting"),
    _of("operationalinsights:Workspace"),
)
CLASS = "kubernetes:storage.k8s.io/v1:StorageClass"


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


def driver(name: str) -> Callable[[Resource], bool]:
    """Storage classes of one driver."""
    return lambda one: one["inputs"]["provisioner"] == f"{name}.csi.azure.com"


def _with_parameter(key: str, value: Any) -> Callable[[Any], Any]:
    return lambda parameters: {
        **{old: kept for old, kept in parameters.items() if old.lower() != key.lower()},
        key: value,
    }


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
    Mutation("an assignment's name that is no GUID", ROLE, "roleAssignmentName", to("jobs-objects")),
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

DATA = (
    Mutation("a vault that can be purged", VAULT, "properties.enablePurgeProtection", delete),
    Mutation("a vault with access policies", VAULT, "properties.enableRbacAuthorization", to(False)),
    Mutation("a vault open to the internet", VAULT, "properties",
             edit(lambda p: {**p, "publicNetworkAccess": "Enabled", "networkAcls": {"defaultAction": "Allow",
                                                                                  "bypass": "AzureServices"}})),
    Mutation("a vault name with an underscore", VAULT, "vaultName", to("fairlead_keys")),
    Mutation("a vault name that is too long", VAULT, "vaultName", edit(lambda t: t.ljust(25, "x"))),
    Mutation("a vault SKU in capitals", VAULT, "properties.sku.name", edit(str.upper)),
    Mutation("a vault of no tenant", VAULT, "properties.tenantId", delete),
    Mutation("a short memory of deleted keys", VAULT, "properties.softDeleteRetentionInDays", to(3)),
    Mutation("a key size that does not exist", KEY, "properties.keySize", to(1024)),
    Mutation("a key type that does not exist", KEY, "properties.kty", to("AES")),
    Mutation("a key that does not wrap", KEY, "properties.keyOps", to(["sign", "verify"])),
    Mutation("disks under the vault for the key", DISKS, "activeKey.keyUrl", edit(cut("keyUriWithVersion", "id"))),
    Mutation("disks without an identity", DISKS, "identity", delete),
    Mutation("a kind of encryption that does not exist", DISKS, "encryptionType", to("CustomerKey")),
    Mutation("an account name with a hyphen", ACCOUNT, "accountName", to("fairlead-objects")),
    Mutation("an account name that is too long", ACCOUNT, "accountName", edit(lambda t: t.ljust(25, "x"))),
    Mutation("an account SKU of another spelling", ACCOUNT, "sku.name", edit(cut("_", "-"))),
    Mutation("an account kind that does not exist", ACCOUNT, "kind", to("StorageV3")),
    Mutation("no account kind", ACCOUNT, "kind", delete),
    Mutation("keys to the account", ACCOUNT, "allowSharedKeyAccess", to(True)),
    Mutation("containers for everyone", ACCOUNT, "allowBlobPublicAccess", to(True)),
    Mutation("old TLS", ACCOUNT, "minimumTlsVersion", to("TLS1_0")),
    Mutation("an account open to the internet", ACCOUNT, "publicNetworkAccess", to("Enabled"),
             lambda one: (one["inputs"].get("networkRuleSet") or {}).get("defaultAction") != "Deny"),
    Mutation("a container name in capitals", CONTAINER, "containerName", edit(str.upper)),
    Mutation("a container for everyone", CONTAINER, "publicAccess", to("Public")),
    Mutation("a container of a vault", CONTAINER, "accountName", edit(cut("storage:StorageAccount", "keyvault:Vault"))),
    Mutation("a policy's kind misspelt", LIFECYCLE, "policy.rules[0].type", to("LifeCycle")),
    Mutation("a policy without actions", LIFECYCLE, "policy.rules[0].definition.actions", delete),
    Mutation("a policy of another name", LIFECYCLE, "managementPolicyName", to("main")),
    Mutation("no versions for the policy", VERSIONS, "isVersioningEnabled", to(False)),
    Mutation("deleted blobs kept for no time", VERSIONS, "deleteRetentionPolicy.days", to(0)),
    Mutation("a window of two hours", WINDOW, "maintenanceWindow.durationHours", to(2)),
    Mutation("a window of a name that AKS does not know", WINDOW, "configName", to("weekly")),
    Mutation("a window on a day in short", WINDOW, "maintenanceWindow.schedule.weekly.dayOfWeek", to("Sun")),
    Mutation("a window at an hour of 12", WINDOW, "maintenanceWindow.startTime", to("8 pm")),
    Mutation("logs of what a cluster has not", LOGS, "logs[0].category", to("kube-auditing")),
    Mutation("logs that go nowhere", LOGS, "workspaceId", delete),
    Mutation("logs to a group", LOGS, "workspaceId",
             edit(cut("operationalinsights:Workspace", "resources:ResourceGroup"))),
    Mutation("a workspace SKU that does not exist", WORKSPACE, "sku.name", to("PerGB")),
    Mutation("logs kept for ten years", WORKSPACE, "retentionInDays", to(3650)),
)  # fmt: skip
"""In keys, storage, maintenance and logs."""

KUBERNETES = (
    Mutation("a disk kind that does not exist", CLASS, "parameters",
             edit(_with_parameter("skuName", "PremiumV3_LRS")), driver("disk")),
    Mutation("a parameter that the disk driver does not know", CLASS, "parameters",
             edit(_with_parameter("iops", "5000")), driver("disk")),
    Mutation("disks bound before their pods", CLASS, "volumeBindingMode", to("Immediate"), driver("disk")),
    Mutation("a driver that does not exist", CLASS, "provisioner", to("disks.csi.azure.com"), driver("disk")),
    Mutation("shares by another protocol", CLASS, "parameters",
             edit(_with_parameter("protocol", "nfs4")), driver("file")),
    Mutation("NFS shares on standard disks", CLASS, "parameters",
             edit(lambda p: {**_with_parameter("skuName", "Standard_LRS")(p), "protocol": "nfs"}), driver("file")),
)  # fmt: skip
"""In storage classes."""


def _kubeconfig(change: Callable[[dict[str, Any]], Any]) -> Callable[[str], str]:
    def changed(text: str) -> str:
        config = json.loads(text)
        change(config["users"][0]["user"])
        return json.dumps(config)

    return changed


_PLUGIN = "pulumi:providers:kubernetes"
ACCESS = (
    Mutation("a token in the state", _PLUGIN, "kubeconfig",
             edit(_kubeconfig(lambda user: user.update(token="t")))),
    Mutation("no plugin to get in", _PLUGIN, "kubeconfig", edit(_kubeconfig(lambda user: user.pop("exec")))),
    Mutation("a plugin of another cloud", _PLUGIN, "kubeconfig",
             edit(_kubeconfig(lambda user: user["exec"].update(command="aws")))),
    Mutation("a plugin of an old API", _PLUGIN, "kubeconfig",
             edit(_kubeconfig(lambda user: user["exec"].update(apiVersion="client.authentication.k8s.io/v1alpha1")))),
)  # fmt: skip
"""In how the program itself gets into the cluster."""

AROUND = (*NETWORK, *IDENTITIES, *DATA, *KUBERNETES, *ACCESS)
