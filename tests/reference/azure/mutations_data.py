"""Mistakes in keys, storage and logs, in Kubernetes and in the ways in that the judge must notice."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from reference.azure.mutations import both
from reference.azure.mutations_around import cut, of
from reference.azure.rules_identity import CLIENT_ID
from reference.common import Resource
from reference.mutation import Mutation, add, delete, edit, to
from reference.parallel import is_parallel

VAULT, KEY, DISKS = of("keyvault:Vault"), of("keyvault:Key"), of("compute:DiskEncryptionSet")
ACCOUNT, CONTAINER, LIFECYCLE, VERSIONS = (
    of("storage:StorageAccount"),
    of("storage:BlobContainer"),
    of("storage:ManagementPolicy"),
    of("storage:BlobServiceProperties"),
)
WINDOW, LOGS, WORKSPACE = (
    of("containerservice:MaintenanceConfiguration"),
    of("monitor:DiagnosticSetting"),
    of("operationalinsights:Workspace"),
)
LOCK, LUSTRE, TEMPLATE = (
    of("authorization:ManagementLockByScope"),
    of("storagecache:AmlFilesystem"),
    of("resources:Deployment"),
)
SERVICE_ACCOUNT, CONFIG_MAP = "kubernetes:core/v1:ServiceAccount", "kubernetes:core/v1:ConfigMap"
DAEMON_SET, FLAVOR = "kubernetes:apps/v1:DaemonSet", "kubernetes:kueue.x-k8s.io/v1beta2:ResourceFlavor"
VOLUME = "kubernetes:core/v1:PersistentVolume"
CLASS = "kubernetes:storage.k8s.io/v1:StorageClass"


def driver(name: str) -> Callable[[Resource], bool]:
    """Storage classes of one driver."""
    return lambda one: one["inputs"]["provisioner"] == f"{name}.csi.azure.com"


def bears_identity(one: Resource) -> bool:
    """A service account that names an identity of Azure."""
    return CLIENT_ID in (one["inputs"]["metadata"].get("annotations") or {})


def plugin(one: Resource) -> bool:
    """The device plugin of NVIDIA's GPUs."""
    return str(one["inputs"]["metadata"]["name"]).endswith("device-plugin")


def priorities(one: Resource) -> bool:
    """What the autoscaler's priority expander reads."""
    return "priorities" in (one["inputs"].get("data") or {})


def with_parameter(key: str, value: Any) -> Callable[[Any], Any]:
    """Parameters of a storage class with one of them set, whatever its case."""
    return lambda parameters: {
        **{old: kept for old, kept in parameters.items() if old.lower() != key.lower()},
        key: value,
    }


DATA = (
    Mutation("a vault that can be purged", VAULT, "properties.enablePurgeProtection", delete),
    Mutation("a vault with access policies", VAULT, "properties.enableRbacAuthorization", to(False)),
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
    Mutation("an account open to the internet", ACCOUNT, "",
             edit(lambda i: {**i, "publicNetworkAccess": "Enabled", "networkRuleSet": {"defaultAction": "Allow"}})),
    Mutation("a firewall's word in the wrong case", ACCOUNT, "networkRuleSet.defaultAction", edit(str.lower)),
    Mutation("a source of keys in another spelling", ACCOUNT, "encryption.keySource", to("Microsoft.KeyVault")),
    Mutation("a key that is named and not used", ACCOUNT, "encryption.keySource", to("Microsoft.Storage")),
    Mutation("a key that nobody may read", ACCOUNT, "encryption.encryptionIdentity", delete),
    Mutation("the name of a vault for its address", ACCOUNT, "encryption.keyVaultProperties.keyVaultUri",
             edit(cut(".vault.azure.net", ".vault.azure.com"))),
    Mutation("a vault of another tenant", VAULT, "properties.tenantId", to("11111111-0000-4000-8000-000000000002")),
    Mutation("a vault with half a firewall", VAULT, "properties", add("networkAcls", {"defaultAction": "deny"})),
    Mutation("a lock of a level that does not exist", LOCK, "level", to("NotDeletable")),
    Mutation("a lock on a name", LOCK, "scope", edit(cut(".id}", ".name}"))),
    Mutation("a file system in two zones", LUSTRE, "zones", to(["1", "2"])),
    Mutation("a file system on the nodes' network", LUSTRE, "filesystemSubnet",
             edit(cut("network:Subnet", "network:VirtualNetwork"))),
    Mutation("a file system whose key nobody reads", LUSTRE, "identity", delete),
    Mutation("a file system without a size", LUSTRE, "storageCapacityTiB", delete),
    Mutation("a file system looked after on a day in short", LUSTRE, "maintenanceWindow.dayOfWeek", to("Sat")),
    Mutation("a parallel volume for whoever comes first", VOLUME, "spec.claimRef", delete, is_parallel),
    Mutation("a parallel volume of nobody known", VOLUME, "spec.claimRef.namespace", to("nobody"), is_parallel),
    Mutation("a parallel volume that tenants write", VOLUME, "spec.mountOptions", to(["flock"]), is_parallel),
    Mutation("a parallel volume of another driver", VOLUME, "spec.csi.driver", to("disk.csi.azure.com"), is_parallel),
    Mutation("a parallel volume at no address", VOLUME, "spec.csi.volumeAttributes.mgs-ip-address",
             edit(cut("mgsAddress", "mountCommand")), is_parallel),
    Mutation("a parallel volume of other files", VOLUME, "spec.csi.volumeAttributes.fs-name", to("fsx"), is_parallel),
    Mutation("two parallel volumes with one handle", VOLUME, "spec.csi.volumeHandle",
             edit(cut("-research", "-product")),
             lambda one: is_parallel(one) and "research" in one["inputs"]["metadata"]["name"]),
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
             edit(with_parameter("skuName", "PremiumV3_LRS")), driver("disk")),
    Mutation("a parameter that the disk driver does not know", CLASS, "parameters",
             edit(with_parameter("iops", "5000")), driver("disk")),
    Mutation("disks bound before their pods", CLASS, "volumeBindingMode", to("Immediate"), driver("disk")),
    Mutation("a driver that does not exist", CLASS, "provisioner", to("disks.csi.azure.com"), driver("disk")),
    Mutation("shares by another protocol", CLASS, "parameters",
             edit(with_parameter("protocol", "nfs4")), driver("file")),
    Mutation("NFS shares on standard disks", CLASS, "parameters",
             edit(lambda p: {**with_parameter("skuName", "Standard_LRS")(p), "protocol": "nfs"}), driver("file")),
    Mutation("an identity's principal for its client", SERVICE_ACCOUNT, "metadata.annotations",
             edit(lambda a: {**a, CLIENT_ID: a[CLIENT_ID].replace(".clientId", ".principalId")}), bears_identity),
    Mutation("a service account that nobody trusts", SERVICE_ACCOUNT, "metadata.name", to("jobs"), bears_identity),
    Mutation("a service account of another tenant", SERVICE_ACCOUNT, "metadata.namespace", to("team-z"),
             bears_identity),
    Mutation("a device plugin that no GPU node takes", DAEMON_SET, "spec.template.spec.tolerations", to([]), plugin),
    Mutation("a priority for a pool that is not there", CONFIG_MAP, "data.priorities",
             edit(lambda t: t.replace("^aks-", "^aks-no-", 1)), priorities),
    Mutation("pools without a priority", CONFIG_MAP, "data.priorities", edit(lambda t: t.partition("\n")[0] + "\n"),
             both(priorities, lambda one: one["inputs"]["data"]["priorities"].count("\n") > 1)),
    Mutation("a queue whose pods no GPU node takes", FLAVOR, "spec.nodeTaints", to([])),
)  # fmt: skip
"""In storage classes and in what runs on the pools."""


def _kubeconfig(change: Callable[[dict[str, Any]], Any]) -> Callable[[str], str]:
    def changed(text: str) -> str:
        config = json.loads(text)
        change(config["users"][0]["user"])
        return json.dumps(config)

    return changed


def _other_parameter(given: dict[str, Any]) -> dict[str, Any]:
    return {f"{key}Id": value for key, value in given.items()}


_AZURE = "pulumi:providers:azure-native"
NODE_POOL = "kubernetes:karpenter.sh/v1:NodePool"
NODE_CLASS = "kubernetes:karpenter.azure.com/v1beta1:AKSNodeClass"


def _requirement(key: str, value: str) -> Callable[[Any], Any]:
    return lambda listed: [{**one, "values": [value]} if one["key"] == key else one for one in listed]


_NODES = "spec.template.spec"
KARPENTER = (
    Mutation("a machine for Karpenter that does not exist", NODE_POOL, f"{_NODES}.requirements",
             edit(_requirement("node.kubernetes.io/instance-type", "Standard_NC4as_T4_v9"))),
    Mutation("a zone as AKS numbers it", NODE_POOL, f"{_NODES}.requirements",
             edit(_requirement("topology.kubernetes.io/zone", "1"))),
    Mutation("a capacity that Karpenter does not know", NODE_POOL, f"{_NODES}.requirements",
             edit(_requirement("karpenter.sh/capacity-type", "Spot"))),
    Mutation("a node class of nobody", NODE_POOL, f"{_NODES}.nodeClassRef.name", to("default")),
    Mutation("an unknown key for Karpenter", NODE_POOL, "spec", add("weights", 10)),
    Mutation("a policy of consolidation that does not exist", NODE_POOL, "spec.disruption.consolidationPolicy",
             to("WhenUnused")),
    Mutation("nodes that end of old age", NODE_POOL, f"{_NODES}.expireAfter", to("720h")),
    Mutation("nodes replaced at any hour", NODE_POOL, "spec.disruption.budgets",
             edit(lambda budgets: [one for one in budgets if "schedule" not in one])),
    Mutation("nodes replaced before the window opens", NODE_POOL, "spec.disruption.budgets",
             edit(lambda budgets: [{**one, "duration": "100h"} if "schedule" in one else one for one in budgets])),
    Mutation("a window in words", NODE_POOL, "spec.disruption.budgets",
             edit(lambda budgets: [{**one, "schedule": "sundays"} if "schedule" in one else one for one in budgets])),
    Mutation("nodes without an end", NODE_POOL, "spec.limits", delete),
    Mutation("a taint without its effect", NODE_POOL, f"{_NODES}.taints[0].effect", to("NoStart")),
    Mutation("GPU nodes without their taint", NODE_POOL, f"{_NODES}.taints", to([])),
    Mutation("an image family that does not exist", NODE_CLASS, "spec.imageFamily", to("Ubuntu2604")),
    Mutation("a disk as a text", NODE_CLASS, "spec.osDiskSizeGB", edit(str)),
    Mutation("a subnet's name for its id", NODE_CLASS, "spec.vnetSubnetID", to("nodes")),
)  # fmt: skip
"""In what Karpenter reads under node auto-provisioning."""


_PLUGIN = "pulumi:providers:kubernetes"
ACCESS = (
    Mutation("whatever subscription someone has signed in to", _AZURE, "subscriptionId", delete),
    Mutation("a tenant by its name", _AZURE, "tenantId", to("acme.onmicrosoft.com")),
    Mutation("another API than the cluster's", TEMPLATE, "properties.template.outputs.server.value",
             edit(lambda t: re.sub(r"'20[0-9-]+'", "'2020-01-01'", t))),
    Mutation("a template that makes something", TEMPLATE, "properties.template.resources",
             to([{"type": "Microsoft.Network/publicIPAddresses", "apiVersion": "2024-05-01", "name": "x"}])),
    Mutation("a parameter that the template has not", TEMPLATE, "properties.parameters", edit(_other_parameter)),
    Mutation("a mode that deletes what is not in the template", TEMPLATE, "properties.mode", to("complete")),
    Mutation("a token in the state", _PLUGIN, "kubeconfig",
             edit(_kubeconfig(lambda user: user.update(token="t")))),
    Mutation("no plugin to get in", _PLUGIN, "kubeconfig", edit(_kubeconfig(lambda user: user.pop("exec")))),
    Mutation("a plugin of another cloud", _PLUGIN, "kubeconfig",
             edit(_kubeconfig(lambda user: user["exec"].update(command="aws")))),
    Mutation("a plugin of an old API", _PLUGIN, "kubeconfig",
             edit(_kubeconfig(lambda user: user["exec"].update(apiVersion="client.authentication.k8s.io/v1alpha1")))),
)  # fmt: skip
"""In how the program itself gets into the account and the cluster."""
