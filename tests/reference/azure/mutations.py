"""Mistakes in node pools and clusters that the judge must notice, one at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from reference.azure.stack import CLUSTER, POOL
from reference.common import Resource
from reference.mutation import Mutation, add, delete, edit, rename, to

Where = Callable[[Resource], bool]


def gpu(one: Resource) -> bool:
    """A pool of NVIDIA GPUs."""
    return any("nvidia.com/gpu" in taint for taint in one["inputs"].get("nodeTaints") or ())


def spot(one: Resource) -> bool:
    """A pool of spot machines."""
    return one["inputs"].get("scaleSetPriority") == "Spot"


def bought(one: Resource) -> bool:
    """A pool of machines that stay."""
    return not spot(one)


def scaled(one: Resource) -> bool:
    """A pool whose number of nodes the autoscaler owns."""
    return bool(one["inputs"].get("enableAutoScaling"))


def both(*tests: Where) -> Where:
    """Every one of some predicates."""
    return lambda one: all(test(one) for test in tests)


def placed(one: Resource) -> bool:
    """A pool in one zone, close together."""
    return "proximityPlacementGroupID" in one["inputs"]


def reserved(one: Resource) -> bool:
    """A pool that takes a reservation."""
    return "capacityReservationGroupID" in one["inputs"]


def with_labels(**changes: str | None) -> Callable[[Any], Any]:
    """Other labels: the keys are words after `fairlead.dev/`, None takes one away."""

    def change(labels: dict[str, str]) -> dict[str, str]:
        found = {**labels, **{f"fairlead.dev/{key}": value for key, value in changes.items() if value}}
        gone = {f"fairlead.dev/{key}" for key, value in changes.items() if value is None}
        return {key: value for key, value in found.items() if key not in gone}

    return change


def _taint(old: str, new: str) -> Callable[[Any], Any]:
    return lambda taints: [taint.replace(old, new) for taint in taints]


_SUBNET = "${azure-native:network:Subnet::nodes.id}"
_PROFILE = "agentPoolProfiles[0]"

POOLS = (
    Mutation("a machine that does not exist", POOL, "vmSize", to("Standard_ND96isr_H100_v6")),
    Mutation("a machine in lower case", POOL, "vmSize", edit(str.lower)),
    Mutation("a machine that the region has not", POOL, "vmSize", to("Standard_NC8ads_A10_v4"), bought),
    Mutation("a misspelt key of a pool", POOL, "maxCount", rename("max_count")),
    Mutation("a key in the wrong case", POOL, "vnetSubnetID", rename("vnetSubnetId")),
    Mutation("a number as a text", POOL, "maxCount", edit(str), scaled),
    Mutation("a flag as a text", POOL, "enableAutoScaling", to("true"), scaled),
    Mutation("more than there may be", POOL, "maxCount", to(1001), scaled),
    Mutation("fewer at most than at least", POOL, "minCount", edit(lambda n: n + 5000), scaled),
    Mutation("no upper bound", POOL, "maxCount", delete, scaled),
    Mutation("bounds without autoscaling", POOL, "enableAutoScaling", to(False), scaled),
    Mutation("a mode in the wrong case", POOL, "mode", to("user")),
    Mutation("a mode that does not exist", POOL, "mode", to("Gateways")),
    Mutation("an operating system that does not exist", POOL, "osSKU", to("Ubuntu1804")),
    Mutation("an operating system of a newer API", POOL, "osSKU", to("AzureContainerLinux")),
    Mutation("Windows SKU on GPUs of Linux", POOL, "osSKU", to("Windows2025"), gpu),
    Mutation("an OS type in lower case", POOL, "osType", to("linux")),
    Mutation("a pool name with a hyphen", POOL, "agentPoolName", to("gpu-pool")),
    Mutation("a pool name in capitals", POOL, "agentPoolName", edit(str.upper)),
    Mutation("a pool name that is too long", POOL, "agentPoolName", to("h100onesandtwos")),
    Mutation("the effect of a taint misspelt", POOL, "nodeTaints", edit(_taint("NoSchedule", "NoSchedul")), gpu),
    Mutation("the effect of a taint as another cloud writes it", POOL, "nodeTaints",
             edit(_taint("NoSchedule", "NO_SCHEDULE")), gpu),
    Mutation("the taint of GPUs left out", POOL, "nodeTaints", to([]), gpu),
    Mutation("the taint of GPUs with another value", POOL, "nodeTaints", edit(_taint("present", "true")), gpu),
    Mutation("a taint that nobody tolerates", POOL, "nodeTaints", add("", "fairlead.dev/team=a:NoSchedule"), gpu),
    Mutation("nobody says who installs the driver", POOL, "gpuProfile", delete, gpu),
    Mutation("a driver choice in lower case", POOL, "gpuProfile.driver", edit(str.lower), gpu),
    Mutation("a driver choice that does not exist", POOL, "gpuProfile.driver", to("Operator"), gpu),
    Mutation("the accelerator's label left out", POOL, "nodeLabels", edit(with_labels(accelerator=None)), gpu),
    Mutation("the wrong capacity in the label", POOL, "nodeLabels", edit(with_labels(capacity="flex"))),
    Mutation("a label that is none", POOL, "nodeLabels", add("-fairlead", "x")),
    Mutation("a label that AKS keeps for itself", POOL, "nodeLabels", add("kubernetes.azure.com/mode", "user")),
    Mutation("a zone that does not exist", POOL, "availabilityZones[0]", to("4")),
    Mutation("a zone as a number", POOL, "availabilityZones[0]", edit(int)),
    Mutation("a zone as another cloud writes it", POOL, "availabilityZones[0]", to("eastus2-1")),
    Mutation("placed close together in two zones", POOL, "availabilityZones", to(["1", "2"]), placed),
    Mutation("a placement group that is a subnet", POOL, "proximityPlacementGroupID", to(_SUBNET), placed),
    Mutation("a priority in the wrong case", POOL, "scaleSetPriority", to("spot"), spot),
    Mutation("a priority that does not exist", POOL, "scaleSetPriority", to("Preemptible"), spot),
    Mutation("spot machines for system pods", POOL, "mode", to("System"), spot),
    Mutation("an eviction policy of machines that stay", POOL, "", add("scaleSetEvictionPolicy", "Delete"), bought),
    Mutation("an eviction policy that does not exist", POOL, "scaleSetEvictionPolicy", to("Stop"), spot),
    Mutation("a spot price of nothing", POOL, "spotMaxPrice", to(0), spot),
    Mutation("a reservation for spot machines", POOL, "", add("capacityReservationGroupID",
             "/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/r/providers/Microsoft.Compute"
             "/capacityReservationGroups/a"), spot),
    Mutation("a reservation that is a group of placement", POOL, "capacityReservationGroupID",
             to("/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/r/providers"
                "/Microsoft.Compute/proximityPlacementGroups/a"), reserved),
    Mutation("a reservation without a subscription", POOL, "capacityReservationGroupID",
             to("/resourceGroups/r/providers/Microsoft.Compute/capacityReservationGroups/a"), reserved),
    Mutation("a subnet of nobody", POOL, "vnetSubnetID", to("${azure-native:network:Subnet::gone.id}")),
    Mutation("the name of a subnet for its id", POOL, "vnetSubnetID", edit(lambda text: text.replace(".id", ".name"))),
    Mutation("a network for a subnet", POOL, "vnetSubnetID",
             edit(lambda text: text.replace("network:Subnet::", "network:VirtualNetwork::"))),
    Mutation("the id of a cluster for its name", POOL, "resourceName", edit(lambda text: text.replace(".name", ".id"))),
    Mutation("too many pods on a node", POOL, "maxPods", to(300)),
    Mutation("a drain longer than a day", POOL, "upgradeSettings.drainTimeoutInMinutes", to(2000)),
    Mutation("a surge as a number", POOL, "upgradeSettings.maxSurge", to(1)),
    Mutation("an unknown setting of upgrades", POOL, "upgradeSettings", add("maxDrain", "1")),
    Mutation("a disk type that does not exist", POOL, "osDiskType", to("Premium")),
    Mutation("partitions of GPUs that have none", POOL, "", add("gpuInstanceProfile", "MIG1g"),
             lambda one: "T4" in one["inputs"].get("vmSize", "")),
    Mutation("partitions that do not exist", POOL, "", add("gpuInstanceProfile", "MIG1g.10gb"), gpu),
    Mutation("a tag whose name Azure refuses", POOL, "tags", add("fairlead.dev/pool", "x")),
)  # fmt: skip
"""In agent pools that stand on their own."""

CLUSTERS = (
    Mutation("a misspelt profile", CLUSTER, "oidcIssuerProfile", rename("oidcIssuerProfil")),
    Mutation("a profile in snake case", CLUSTER, "networkProfile", rename("network_profile")),
    Mutation("a list in the place of an object", CLUSTER, "networkProfile", edit(lambda value: [value])),
    Mutation("no issuer for workload identity", CLUSTER, "oidcIssuerProfile.enabled", to(False)),
    Mutation("local accounts", CLUSTER, "disableLocalAccounts", to(False)),
    Mutation("no Entra ID", CLUSTER, "aadProfile", delete),
    Mutation("no RBAC", CLUSTER, "enableRBAC", to(False)),
    Mutation("two identities", CLUSTER, "identity.userAssignedIdentities", edit(lambda value: [*value, *value])),
    Mutation("an identity type in the wrong case", CLUSTER, "identity.type", edit(str.lower)),
    Mutation("the cluster's identity given by its client id", CLUSTER, "identity.userAssignedIdentities[0]",
             edit(lambda text: text.replace(".id}", ".clientId}"))),
    Mutation("a network plugin that does not exist", CLUSTER, "networkProfile.networkPlugin", to("cilium")),
    Mutation("kubenet with an overlay", CLUSTER, "networkProfile.networkPlugin", to("kubenet")),
    Mutation("Cilium's policies on another data plane", CLUSTER, "networkProfile.networkDataplane", to("azure")),
    Mutation("services over the network", CLUSTER, "networkProfile.serviceCidr", to("10.0.0.0/8")),
    Mutation("services that are no range", CLUSTER, "networkProfile.serviceCidr", to("10.300.0.0/16")),
    Mutation("pods over services", CLUSTER, "networkProfile", edit(lambda p: {**p, "podCidr": p["serviceCidr"]})),
    Mutation("no room for the nodes' pods", CLUSTER, "networkProfile.podCidr", to("10.244.0.0/22")),
    Mutation("a DNS service outside of the services", CLUSTER, "networkProfile.dnsServiceIP", to("192.168.77.10")),
    Mutation("a DNS service on the first address", CLUSTER, "networkProfile.dnsServiceIP",
             edit(lambda text: text.rpartition(".")[0] + ".1")),
    Mutation("a way out that does not exist", CLUSTER, "networkProfile.outboundType", to("natGateway")),
    Mutation("routes that nobody made", CLUSTER, "networkProfile.outboundType", to("userDefinedRouting")),
    Mutation("a tier in the wrong case", CLUSTER, "sku.tier", edit(str.lower)),
    Mutation("long-term support without its tier", CLUSTER, "", add("supportPlan", "AKSLongTermSupport"),
             lambda one: one["inputs"]["sku"]["tier"] != "Premium"),
    Mutation("a version that is none", CLUSTER, "kubernetesVersion", to("v1.35")),
    Mutation("a version as a number", CLUSTER, "kubernetesVersion", to(1.35)),
    Mutation("the newest version, whatever it is", CLUSTER, "kubernetesVersion", to("latest")),
    Mutation("an upgrade channel that does not exist", CLUSTER, "autoUpgradeProfile.upgradeChannel", to("regular")),
    Mutation("a system pool without nodes", CLUSTER, f"{_PROFILE}.minCount", to(0)),
    Mutation("no system pool", CLUSTER, f"{_PROFILE}.mode", to("User")),
    Mutation("a system pool with a capital name", CLUSTER, f"{_PROFILE}.name", to("System")),
    Mutation("a system machine that does not exist", CLUSTER, f"{_PROFILE}.vmSize", to("Standard_D4_v9")),
    Mutation("encryption without a key", CLUSTER, "securityProfile.azureKeyVaultKms.keyId", delete),
    Mutation("encryption by a key without its version", CLUSTER, "securityProfile.azureKeyVaultKms.keyId",
             edit(lambda text: text.replace("keyUriWithVersion", "keyUri"))),
    Mutation("a vault that is private and not named", CLUSTER,
             "securityProfile.azureKeyVaultKms.keyVaultNetworkAccess", to("Private")),
    Mutation("an access to the vault in the wrong case", CLUSTER,
             "securityProfile.azureKeyVaultKms.keyVaultNetworkAccess", edit(str.lower)),
    Mutation("people of another tenant", CLUSTER, "aadProfile.tenantID", to("11111111-0000-4000-8000-000000000002")),
    Mutation("auto-provisioning beside the autoscaler", CLUSTER, "nodeProvisioningProfile.mode", to("Auto")),
    Mutation("a private API with an allow-list", CLUSTER, "apiServerAccessProfile",
             add("authorizedIPRanges", ["192.0.2.0/24"]),
             lambda one: bool(one["inputs"]["apiServerAccessProfile"].get("enablePrivateCluster"))),
    Mutation("a public API for everyone", CLUSTER, "apiServerAccessProfile", to({"enablePrivateCluster": False})),
    Mutation("an expander that does not exist", CLUSTER, "autoScalerProfile.expander", to("cheapest")),
    Mutation("disks by a vault", CLUSTER, "diskEncryptionSetID",
             edit(lambda text: text.replace("compute:DiskEncryptionSet", "keyvault:Vault"))),
    Mutation("a cluster name with a dot", CLUSTER, "resourceName", edit(lambda text: f"{text}.prod")),
    Mutation("a cluster name that is too long", CLUSTER, "resourceName", edit(lambda text: text.ljust(64, "x"))),
    Mutation("a region that does not exist", CLUSTER, "location", to("us-east-1")),
)  # fmt: skip
"""In managed clusters."""
