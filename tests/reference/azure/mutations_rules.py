"""Mistakes that only a rule can notice, one for each rule that the other tables leave quiet."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from reference.azure.mutations import both, bought, gpu, scaled, spot
from reference.azure.mutations_around import (
    ADDRESS,
    ENDPOINT,
    FIREWALL,
    LINK,
    ROLE,
    SUBNET,
    TRUST,
    cut,
    nodes,
    to_a_pod,
    to_a_workflow,
)
from reference.azure.mutations_data import (
    ACCOUNT,
    CLASS,
    CONFIG_MAP,
    CONTAINER,
    KEY,
    LOGS,
    LUSTRE,
    NODE_POOL,
    TEMPLATE,
    VAULT,
    WINDOW,
    driver,
    priorities,
    with_parameter,
)
from reference.azure.stack import CLUSTER, POOL
from reference.common import Resource
from reference.mutation import Mutation, add, delete, edit, to

_PLUGIN = "pulumi:providers:kubernetes"
_SUBSCRIPTION = "/subscriptions/00000000-0000-4000-8000-000000000001"


def another(name: str) -> Callable[[str], str]:
    """The reference pointed at another of the platform's resources, by the end of its name."""
    return lambda text: re.sub(r"::(azure-(?:prod|dev))-[\w-]+\.", rf"::\1-{name}.", text)


def role(guid: str) -> Callable[[Resource], bool]:
    """Assignments of one role, by the beginning of its id."""
    return lambda one: f"/roleDefinitions/{guid}" in one["inputs"]["roleDefinitionId"]


def of_files(one: Resource) -> bool:
    """The account of shared files."""
    return one["inputs"]["kind"] == "FileStorage"


def of_objects(one: Resource) -> bool:
    """The account of the object store."""
    return one["inputs"]["kind"] == "StorageV2"


def amd(one: Resource) -> bool:
    """A pool of AMD's GPUs."""
    return "MI300X" in one["inputs"]["vmSize"]


def plain(one: Resource) -> bool:
    """A pool without GPUs."""
    return not gpu(one) and not amd(one)


def _last(one: Resource) -> bool:
    """A subnet that is not the nodes'."""
    return not nodes(one)


_RULE = {
    "name": "all", "priority": 200, "direction": "Inbound", "access": "Allow", "protocol": "Tcp",
    "sourceAddressPrefix": "10.0.0.0/8", "sourcePortRange": "*", "destinationAddressPrefix": "*",
    "destinationPortRange": "443",
}  # fmt: skip

RIGHTS = (
    Mutation("a key read by none of the account's identities", ACCOUNT,
             "encryption.encryptionIdentity.encryptionUserAssignedIdentity", edit(another("cluster"))),
    Mutation("a key that its user may not unwrap", ROLE, "principalId", edit(another("cluster")), role("e147488a")),
    Mutation("secrets that the cluster may not decrypt", ROLE, "principalId", edit(another("encryption")),
             role("12338af0")),
    Mutation("a network that the cluster may not join", ROLE, "principalId", edit(another("encryption")),
             role("4d97b98b")),
    Mutation("a container for another's pods", ROLE, "principalId", edit(another("cluster")), role("ba92f5b4")),
    Mutation("shares that the cluster may not make", ROLE, "principalId", edit(another("encryption")),
             role("17d1049b")),
    Mutation("disks whose key the cluster may not see", ROLE, "principalId", edit(another("encryption")),
             role("acdd72a7")),
    Mutation("the cluster's identity lent to pods", TRUST, "resourceName", edit(another("cluster")), to_a_pod),
    Mutation("pods and a pipeline as one", TRUST, "resourceName", edit(another("research")), to_a_workflow),
    Mutation("pods that change networks", ROLE, "principalId", edit(another("research")), role("4d97b98b")),
    Mutation("the cluster with rights on a whole group", ROLE, "scope",
             edit(lambda _: "${azure-native:resources:ResourceGroup::azure-prod-group.id}"),
             both(role("4d97b98b"), lambda one: "azure-prod" in one["urn"])),
    Mutation("rights on the whole subscription", ROLE, "scope", to(_SUBSCRIPTION)),
    Mutation("a person by her address", ROLE, "principalId", to("someone@example.org")),
    Mutation("rights to hand out to people", ROLE, "condition", edit(cut("ServicePrincipal", "User"))),
    Mutation("the same right twice", ROLE, "scope", edit(cut("-data-group.", "-group.")), role("b24988ac")),
    Mutation("the same trust twice", TRUST, "",
             edit(lambda i: {**i, "resourceName": another("research")(i["resourceName"]),
                             "subject": "system:serviceaccount:research:fairlead-workload"}),
             lambda one: one["inputs"]["subject"].startswith("system:serviceaccount:product:")),
)  # fmt: skip
"""Who may do what."""

PLACES = (
    Mutation("a second subnet of the same name", SUBNET, "subnetName", to("nodes"), _last),
    Mutation("two subnets of the same addresses", SUBNET, "addressPrefix", to("10.0.0.0/25"), _last),
    Mutation("nodes without a security group", SUBNET, "networkSecurityGroup", delete, nodes),
    Mutation("nodes with a hidden way out", SUBNET, "defaultOutboundAccess", delete, nodes),
    Mutation("a zone of the address that does not exist", ADDRESS, "zones[0]", to("9")),
    Mutation("a private zone that nobody asks", LINK, "privateZoneName",
             edit(lambda t: t.replace("-files-", "-objects-") if "-files-" in t else t.replace("objects", "files")),
             lambda one: "-db-" not in one["inputs"]["privateZoneName"]),
    Mutation("a file system among the nodes", LUSTRE, "filesystemSubnet", edit(another("nodes"))),
    Mutation("a file system without a throughput", LUSTRE, "sku", delete),
    Mutation("blobs of an account that has none", ENDPOINT, "privateLinkServiceConnections[0].groupIds",
             to(["blob"]), lambda one: "files" in str(one["inputs"]["privateLinkServiceConnections"])),
    Mutation("a closed account without a door", ENDPOINT, "privateLinkServiceConnections[0].privateLinkServiceId",
             edit(another("files")), lambda one: "objects" in str(one["inputs"]["privateLinkServiceConnections"])),
    Mutation("a container among the files", CONTAINER, "accountName", edit(another("files"))),
    Mutation("the internet let in", FIREWALL, "", add("securityRules", [{**_RULE, "sourceAddressPrefix": "*"}])),
    Mutation("a rule of too low a priority", FIREWALL, "", add("securityRules", [{**_RULE, "priority": 50}])),
    Mutation("two rules of the same priority", FIREWALL, "",
             add("securityRules", [_RULE, {**_RULE, "name": "again"}])),
    Mutation("more tags than Azure takes", POOL, "tags", edit(lambda _: {f"k{n}": "v" for n in range(51)})),
)  # fmt: skip
"""What lies where."""

NODES = (
    Mutation("a second pool of the same name", POOL, "agentPoolName", to("systemg1o")),
    Mutation("more nodes than the most", POOL, "count", to(999), scaled),
    Mutation("spot machines one by one", POOL, "type", to("VirtualMachines"), spot),
    Mutation("a driver for no GPU", POOL, "", add("gpuProfile", {"driver": "Install"}), plain),
    Mutation("AMD's GPUs on another system", POOL, "osSKU", to("AzureLinux"), amd),
    Mutation("NVIDIA's driver for AMD's GPUs", POOL, "gpuProfile.driver", to("Install"), amd),
    Mutation("a version ahead of the cluster", POOL, "orchestratorVersion", to("1.39")),
    Mutation("nodes on a network of their own", POOL, "vnetSubnetID", delete),
    Mutation("a disk left to Azure", POOL, "osDiskSizeGB", delete),
    Mutation("nodes in no zone", POOL, "availabilityZones", to([]), bought),
    Mutation("spot machines at any price", POOL, "spotMaxPrice", delete, spot),
    Mutation("a list that the autoscaler does not read", CONFIG_MAP, "metadata.name", to("priorities"), priorities),
    Mutation("a priority in words", CONFIG_MAP, "data.priorities", edit(cut("100:", "first:")), priorities),
    Mutation("pools for Karpenter that nobody reads", CLUSTER, "nodeProvisioningProfile.mode", to("Manual"),
             lambda one: one["inputs"]["nodeProvisioningProfile"]["mode"] == "Auto"),
    Mutation("GPUs of which the autoscaler is not told", POOL, "tags",
             edit(lambda tags: {key: value for key, value in tags.items() if "_resources_" not in key}), gpu),
    Mutation("a label of which the autoscaler is told otherwise", POOL, "tags",
             edit(lambda tags: {key: value if "_pool" not in key else "other" for key, value in tags.items()}), gpu),
    Mutation("any machine for Karpenter", NODE_POOL, "spec.template.spec.requirements",
             edit(lambda listed: [one for one in listed if "instance-type" not in one["key"]])),
)  # fmt: skip
"""In nodes and what grows them."""


def _access(**changes: Any) -> Callable[[Any], Any]:
    return lambda profile: {**profile, "enablePrivateCluster": False, **changes}


PLANE = (
    Mutation("a cluster with a password", CLUSTER, "identity", delete),
    Mutation("secrets without an own identity", CLUSTER, "identity", edit(lambda _: {"type": "SystemAssigned"})),
    Mutation("a private zone of a public API", CLUSTER, "apiServerAccessProfile",
             edit(_access(privateDNSZone="system", authorizedIPRanges=["192.0.2.0/24"]))),
    Mutation("the whole internet on the allow-list", CLUSTER, "apiServerAccessProfile",
             edit(lambda _: {"authorizedIPRanges": ["0.0.0.0/0"]})),
    Mutation("a key that encrypts nothing", CLUSTER, "securityProfile.azureKeyVaultKms.enabled", to(False)),
    Mutation("a DNS service by its name", CLUSTER, "networkProfile.dnsServiceIP", to("dns")),
    Mutation("a DNS service on no address", CLUSTER, "networkProfile.dnsServiceIP", to("172.16.0.999")),
    Mutation("services larger than AKS takes", CLUSTER, "networkProfile.serviceCidr", to("172.16.0.0/12")),
    Mutation("upgrades at any time", WINDOW, "configName", to("default")),
    Mutation("two schedules at once", WINDOW, "maintenanceWindow.schedule", add("daily", {"intervalDays": 1})),
    Mutation("no audit log", LOGS, "logs", edit(lambda logs: [one for one in logs if "audit" not in one["category"]])),
    Mutation("a log by name and by group", LOGS, "logs[0]", add("categoryGroup", "audit")),
    Mutation("no driver for shared files", CLUSTER, "storageProfile.fileCSIDriver.enabled", to(False)),
    Mutation("upgrades that nobody chose", CLUSTER, "autoUpgradeProfile", delete),
    Mutation("disks under Azure's key", CLUSTER, "diskEncryptionSetID", delete),
)  # fmt: skip
"""In the control plane."""

STORES = (
    Mutation("a vault that goes with the cluster", VAULT, "resourceGroupName", edit(cut("-data-group.", "-group.")),
             lambda one: one["retain_on_delete"]),
    Mutation("a key beside its vault", KEY, "resourceGroupName", edit(cut("-data-group.", "-group."))),
    Mutation("keys in hardware of a standard vault", VAULT, "properties.sku.name", to("standard")),
    Mutation("plain HTTP", ACCOUNT, "enableHttpsTrafficOnly", to(False), of_objects),
    Mutation("files on standard disks", ACCOUNT, "sku.name", to("Standard_LRS"), of_files),
    Mutation("versions in a hierarchy", ACCOUNT, "", add("isHnsEnabled", True), of_objects),
    Mutation("data under Azure's key", ACCOUNT, "encryption", delete),
    Mutation("a number for a parameter", CLASS, "parameters", edit(with_parameter("maxShares", 2)), driver("disk")),
    Mutation("a kind of account that does not exist", CLASS, "parameters",
             edit(with_parameter("skuName", "Premium_XRS")), driver("file")),
    Mutation("a cache where there is none", CLASS, "parameters",
             edit(lambda p: {**p, "skuName": "PremiumV2_LRS", "cachingMode": "ReadOnly"}), driver("disk")),
    Mutation("disks of a set by its name", CLASS, "parameters",
             edit(with_parameter("diskEncryptionSetID", "disks")), driver("disk")),
)  # fmt: skip
"""In what keeps data."""

WAYS_IN = (
    Mutation("a kubeconfig that is none", _PLUGIN, "kubeconfig", to("- a list")),
    Mutation("a context of another user", _PLUGIN, "kubeconfig@json.contexts[0].context.user", to("admin")),
    Mutation("a context that is not there", _PLUGIN, "kubeconfig@json.current-context", to("other")),
    Mutation("a plugin that one of the clients cannot call", _PLUGIN,
             "kubeconfig@json.users[0].user.exec.apiVersion", to("client.authentication.k8s.io/v1")),
    Mutation("a parameter that nobody declares", TEMPLATE, "properties.template.outputs.server.value",
             edit(cut("parameters('cluster')", "parameters('clusters')"))),
    Mutation("an expression without its end", TEMPLATE, "properties.template.outputs.server.value",
             edit(lambda text: text[:-1])),
)  # fmt: skip
"""In the ways in."""

RULES = (*RIGHTS, *PLACES, *NODES, *PLANE, *STORES, *WAYS_IN)
"""All of them."""
