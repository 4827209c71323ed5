"""Rules of what must be said: where Azure's silence is a default that this platform does not want or that ages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from reference.azure.rules_cluster import at
from reference.azure.stack import Stack, wrong
from reference.common import Finding

_NODES = (
    "vmSize", "osType", "osSKU", "osDiskType", "osDiskSizeGB", "mode", "type", "count", "maxPods",
    "vnetSubnetID", "availabilityZones", "orchestratorVersion",
)  # fmt: skip
"""Of each node pool: without a subnet AKS makes a network of its own, without zones a pool has none."""
_SPOT = ("scaleSetEvictionPolicy", "spotMaxPrice")
_CLUSTER = (
    "kubernetesVersion", "sku.tier", "dnsPrefix", "diskEncryptionSetID", "enableRBAC",
    "aadProfile.tenantID", "aadProfile.adminGroupObjectIDs",
    "networkProfile.networkPlugin", "networkProfile.networkPluginMode", "networkProfile.networkPolicy",
    "networkProfile.networkDataplane", "networkProfile.outboundType", "networkProfile.loadBalancerSku",
    "networkProfile.podCidr", "networkProfile.serviceCidr", "networkProfile.dnsServiceIP",
    "autoUpgradeProfile.upgradeChannel", "autoUpgradeProfile.nodeOSUpgradeChannel",
    "oidcIssuerProfile.enabled", "securityProfile.workloadIdentity.enabled",
    "securityProfile.azureKeyVaultKms.enabled",
    "storageProfile.diskCSIDriver.enabled", "storageProfile.fileCSIDriver.enabled",
)  # fmt: skip
_SAID: Mapping[str, tuple[str, ...]] = {
    "containerservice:ManagedCluster": _CLUSTER,
    "containerservice:MaintenanceConfiguration": ("maintenanceWindow.schedule", "maintenanceWindow.utcOffset"),
    "network:Subnet": ("defaultOutboundAccess",),
    "network:PrivateEndpoint": ("subnet.id",),
    "privatedns:VirtualNetworkLink": ("virtualNetwork.id", "registrationEnabled"),
    "keyvault:Vault": ("properties.softDeleteRetentionInDays", "properties.publicNetworkAccess"),
    "keyvault:Key": ("properties.kty", "properties.keySize", "properties.keyOps"),
    "compute:DiskEncryptionSet": ("activeKey.keyUrl", "activeKey.sourceVault.id", "encryptionType"),
    "storage:StorageAccount": (
        "publicNetworkAccess", "networkRuleSet.defaultAction", "encryption.keySource",
        "encryption.keyVaultProperties.keyName", "encryption.keyVaultProperties.keyVaultUri",
    ),
    "storage:BlobContainer": ("publicAccess",),
    "storage:BlobServiceProperties": ("deleteRetentionPolicy.days", "containerDeleteRetentionPolicy.days"),
    "storagecache:AmlFilesystem": ("encryptionSettings.keyEncryptionKey.keyUrl",),
    "operationalinsights:Workspace": ("sku.name", "retentionInDays", "features.disableLocalAuth"),
    "monitor:DiagnosticSetting": ("logAnalyticsDestinationType",),
}  # fmt: skip
"""Type -> what each resource of it says."""


def check(stack: Stack) -> Iterator[Finding]:
    """What the rules miss."""
    for kind, paths in _SAID.items():
        for one in stack.of(kind):
            for path in paths:
                if at(one["inputs"], path) in (None, [], ""):
                    yield wrong(one, path, "not said")
    for pool in stack.pools():
        for key in (*_NODES, *(_SPOT if pool.spot else ())):
            if pool.inputs.get(key) in (None, [], ""):
                yield pool.wrong(key, "not said")
    yield from _guarded(stack)
    yield from _drivers(stack)


def _guarded(stack: Stack) -> Iterator[Finding]:
    """The nodes' subnet has a security group, and their endpoints' zones are asked by their network."""
    for pool in stack.pools():
        subnet = stack.behind(pool.inputs.get("vnetSubnetID"))
        if subnet is not None and not at(subnet["inputs"], "networkSecurityGroup.id"):
            yield wrong(subnet, "networkSecurityGroup", "nodes without a security group")


def _drivers(stack: Stack) -> Iterator[Finding]:
    """A storage class needs its driver in the cluster."""
    drivers = {"disk.csi.azure.com": "diskCSIDriver", "file.csi.azure.com": "fileCSIDriver"}
    drivers["blob.csi.azure.com"] = "blobCSIDriver"
    for cluster in stack.of("containerservice:ManagedCluster"):
        for one in stack.objects("StorageClass"):
            driver = drivers.get(str(one["inputs"].get("provisioner")))
            if driver and at(cluster["inputs"], f"storageProfile.{driver}.enabled") is not True:
                yield wrong(cluster, f"storageProfile.{driver}", f"{one['name']} needs it")
