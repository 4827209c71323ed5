"""Mistakes that the judge of Google Cloud must notice, one at a time: the nodes."""

from __future__ import annotations

from collections.abc import Callable

from reference.common import Resource
from reference.gcp import facts
from reference.gcp.declared import POOL, some
from reference.mutation import Mutation, add, delete, edit, rename, to

Where = Callable[[Resource], bool]


def machine(one: Resource) -> str:
    return str(some(one["inputs"].get("nodeConfig")).get("machineType"))


def has_gpus(one: Resource) -> bool:
    return bool(some(one["inputs"].get("nodeConfig")).get("guestAccelerators"))


def has_taints(one: Resource) -> bool:
    return bool(some(one["inputs"].get("nodeConfig")).get("taints"))


def has_cache(one: Resource) -> bool:
    return bool(some(one["inputs"].get("nodeConfig")).get("secondaryBootDisks"))


def is_shared(one: Resource) -> bool:
    return has_gpus(one) and "gpuSharingConfig" in one["inputs"]["nodeConfig"]["guestAccelerators"][0]


def card_without(key: str) -> Where:
    return lambda one: has_gpus(one) and key not in one["inputs"]["nodeConfig"]["guestAccelerators"][0]


def without_gpus(one: Resource) -> bool:
    return facts.gpus(machine(one)) is None and facts.tpus(machine(one)) is None


def has_slices(one: Resource) -> bool:
    row = facts.tpus(machine(one))
    return bool(row) and bool(some(one["inputs"].get("placementPolicy")).get("tpuTopology"))


def compact(one: Resource) -> bool:
    return some(one["inputs"].get("placementPolicy")).get("type") == "COMPACT"


def bought(way: str) -> Where:
    return lambda one: bool(some(one["inputs"].get("nodeConfig")).get(way))


def reserved(one: Resource) -> bool:
    affinity = some(some(one["inputs"].get("nodeConfig")).get("reservationAffinity"))
    return affinity.get("consumeReservationType") == "SPECIFIC_RESERVATION"


def in_total(one: Resource) -> bool:
    return "totalMaxNodeCount" in some(one["inputs"].get("autoscaling"))


CARD = "nodeConfig.guestAccelerators[0]"

NODES = (
    Mutation("nodeConfig misspelt", POOL, "nodeConfig", rename("nodesConfig")),
    Mutation("machineType misspelt", POOL, "nodeConfig.machineType", rename("machinetype")),
    Mutation("machine type is not said", POOL, "nodeConfig.machineType", delete),
    Mutation("machine type that does not exist", POOL, "nodeConfig.machineType", to("a3-highgpu-16g"), has_gpus),
    Mutation("general machine of a size that does not exist", POOL, "nodeConfig.machineType",
             edit(lambda name: name.rpartition("-")[0] + "-5"), without_gpus),
    Mutation("machine of another cloud", POOL, "nodeConfig.machineType", to("p5.48xlarge")),
    Mutation("machine that the region has not", POOL, "nodeConfig.machineType", to("ct4p-hightpu-4t"), has_gpus),
    Mutation("one card too many", POOL, f"{CARD}.count", edit(lambda count: count + 1), has_gpus),
    Mutation("number of cards is a text", POOL, f"{CARD}.count", to("eight"), has_gpus),
    Mutation("cards of another machine", POOL, f"{CARD}.type", to("nvidia-tesla-k80"), has_gpus),
    Mutation("type of the cards in capital letters", POOL, f"{CARD}.type", edit(str.upper), has_gpus),
    Mutation("type of the cards misspelt", POOL, f"{CARD}.type", rename("kind"), has_gpus),
    Mutation("a GPU machine without its cards", POOL, "nodeConfig.guestAccelerators", delete, has_gpus),
    Mutation("cards on a machine that has none", POOL, "nodeConfig",
             add("guestAccelerators", [{"type": "nvidia-l4", "count": 1}]), without_gpus),
    Mutation("cards are an object", POOL, "nodeConfig.guestAccelerators", edit(lambda many: many[0]), has_gpus),
    Mutation("driver version in small letters", POOL,
             f"{CARD}.gpuDriverInstallationConfig.gpuDriverVersion", edit(str.lower), has_gpus),
    Mutation("cards are cut, and the nodes do not say so", POOL, CARD, add("gpuPartitionSize", "1g.10gb"),
             card_without("gpuPartitionSize")),
    Mutation("nodes of shares let in what wants whole cards", POOL, "nodeConfig.taints", delete, has_taints),
    Mutation("cards are whole, and the nodes say shares", POOL, f"{CARD}.gpuSharingConfig", delete, is_shared),
    Mutation("partition that the GPU has not", POOL, CARD, add("gpuPartitionSize", "9g.99gb"),
             card_without("gpuPartitionSize")),
    Mutation("a thousand containers share a GPU", POOL, CARD,
             add("gpuSharingConfig", {"gpuSharingStrategy": "TIME_SHARING", "maxSharedClientsPerGpu": 1000}),
             card_without("gpuSharingConfig")),
    Mutation("sharing in a way that does not exist", POOL, CARD,
             add("gpuSharingConfig", {"gpuSharingStrategy": "TIME_SLICING", "maxSharedClientsPerGpu": 2}),
             card_without("gpuSharingConfig")),
    Mutation("the taint that GKE adds itself", POOL, "nodeConfig",
             edit(lambda node: {**node, "taints": [*node.get("taints", []),
                  {"key": "nvidia.com/gpu", "value": "present", "effect": "NO_SCHEDULE"}]}), has_gpus),
    Mutation("taint effect as Kubernetes spells it", POOL, "nodeConfig",
             edit(lambda node: {**node, "taints": [{"key": "x", "value": "y", "effect": "NoSchedule"}]})),
    Mutation("taint without an effect", POOL, "nodeConfig",
             edit(lambda node: {**node, "taints": [{"key": "x", "value": "y"}]})),
    Mutation("taints are a map", POOL, "nodeConfig", edit(lambda node: {**node, "taints": {"x": "NO_SCHEDULE"}})),
    Mutation("nodes without the pool's label", POOL, "nodeConfig.labels",
             edit(lambda labels: {key: value for key, value in labels.items() if key != "fairlead.dev/pool"})),
    Mutation("label of another accelerator", POOL, "nodeConfig.labels",
             edit(lambda labels: {**labels, "fairlead.dev/accelerator": "H300"}), has_gpus),
    Mutation("label of another capacity", POOL, "nodeConfig.labels",
             edit(lambda labels: {**labels, "fairlead.dev/capacity": "on-demand"}), bought("spot")),
    Mutation("label of a class that is not there", POOL, "nodeConfig.labels",
             edit(lambda labels: {**labels, "cloud.google.com/compute-class": "gold"})),
    Mutation("old metadata API", POOL, "nodeConfig.metadata", to({"disable-legacy-endpoints": "false"})),
    Mutation("label with a blank", POOL, "nodeConfig.labels", add("fairlead.dev/a b", "x")),
    Mutation("label of Kubernetes' own", POOL, "nodeConfig.labels", add("kubernetes.io/role", "gpu")),
    Mutation("label that is a number", POOL, "nodeConfig.labels", add("fairlead.dev/number", 5)),
    Mutation("resource label in capital letters", POOL, "nodeConfig",
             edit(lambda node: {**node, "resourceLabels": {"Managed-By": "x"}})),
    Mutation("zone of another region", POOL, "nodeLocations[0]", to("europe-west4-a")),
    Mutation("zone that does not exist", POOL, "nodeLocations[0]", edit(lambda zone: zone[:-1] + "z")),
    Mutation("region where a zone belongs", POOL, "nodeLocations[0]", edit(lambda zone: zone[:-2])),
    Mutation("zones are a text", POOL, "nodeLocations", edit(lambda zones: zones[0])),
    Mutation("location that does not exist", POOL, "location", to("us-central9")),
    Mutation("location away from the cluster", POOL, "location", to("europe-west4")),
    Mutation("min above max", POOL, "autoscaling.totalMinNodeCount", to(100_000), in_total),
    Mutation("max is not there", POOL, "autoscaling.totalMaxNodeCount", delete, in_total),
    Mutation("max is zero", POOL, "autoscaling.totalMaxNodeCount", to(0), in_total),
    Mutation("min is negative", POOL, "autoscaling.totalMinNodeCount", to(-1), in_total),
    Mutation("max misspelt", POOL, "autoscaling.totalMaxNodeCount", rename("totalMaxNodes"), in_total),
    Mutation("bounds both per zone and in total", POOL, "autoscaling", add("maxNodeCount", 4), in_total),
    Mutation("fixed count beside autoscaling", POOL, "", add("nodeCount", 2), in_total),
    Mutation("location policy in small letters", POOL, "autoscaling.locationPolicy", edit(str.lower)),
    Mutation("spot and flex-start", POOL, "nodeConfig", edit(lambda node: {**node, "spot": True}),
             bought("flexStart")),
    Mutation("spot on a reservation", POOL, "nodeConfig", edit(lambda node: {**node, "spot": True}), reserved),
    Mutation("spot is a text", POOL, "nodeConfig.spot", to("yes"), bought("spot")),
    Mutation("flex-start for a month", POOL, "nodeConfig",
             edit(lambda node: {**node, "maxRunDuration": "2592000s"}), bought("flexStart")),
    Mutation("run duration in hours", POOL, "nodeConfig", edit(lambda node: {**node, "maxRunDuration": "24h"}),
             bought("flexStart")),
    Mutation("flex-start with repair", POOL, "management.autoRepair", to(True), bought("flexStart")),
    Mutation("flex-start from one node", POOL, "autoscaling.totalMinNodeCount", to(1), bought("flexStart")),
    Mutation("flex-start balanced over zones", POOL, "autoscaling.locationPolicy", to("BALANCED"),
             bought("flexStart")),
    Mutation("queued provisioning of spot nodes", POOL, "",
             edit(lambda pool: {**pool, "queuedProvisioning": {"enabled": True}}), bought("spot")),
    Mutation("reservation type that does not exist", POOL,
             "nodeConfig.reservationAffinity.consumeReservationType", to("SPECIFIC"), reserved),
    Mutation("reservation without its key", POOL, "nodeConfig.reservationAffinity.key", delete, reserved),
    Mutation("reservation by another key", POOL, "nodeConfig.reservationAffinity.key", to("name"), reserved),
    Mutation("reservation without its name", POOL, "nodeConfig.reservationAffinity.values", to([]), reserved),
    Mutation("topology of another size", POOL, "placementPolicy.tpuTopology", to("16x16"), has_slices),
    Mutation("topology that is none", POOL, "placementPolicy.tpuTopology", to("4*4"), has_slices),
    Mutation("part of a slice", POOL, "autoscaling.totalMaxNodeCount", edit(lambda most: most + 1), has_slices),
    Mutation("topology without TPUs", POOL, "",
             edit(lambda pool: {**pool, "placementPolicy": {"type": "COMPACT", "tpuTopology": "4x4"}}), has_gpus),
    Mutation("compact over zones", POOL, "nodeLocations",
             edit(lambda zones: [*zones, zones[0][:-1] + ("b" if zones[0][-1] != "b" else "c")]), compact),
    Mutation("placement of a type that does not exist", POOL, "placementPolicy.type", to("SPREAD"), compact),
    Mutation("image type in small letters", POOL, "nodeConfig.imageType", edit(str.lower)),
    Mutation("disk type that does not exist", POOL, "nodeConfig.diskType", to("gp3")),
    Mutation("disk that the machine does not take", POOL, "nodeConfig.diskType", to("pd-balanced"),
             lambda one: machine(one).startswith(("c4-", "ct6e-"))),
    Mutation("disk too small", POOL, "nodeConfig.diskSizeGb", to(5)),
    Mutation("disk size is a text", POOL, "nodeConfig.diskSizeGb", to("200Gi")),
    Mutation("node identity open to pods", POOL, "nodeConfig.workloadMetadataConfig.mode", to("GCE_METADATA")),
    Mutation("metadata mode that does not exist", POOL, "nodeConfig.workloadMetadataConfig.mode", to("SECURE")),
    Mutation("nodes with the default account", POOL, "nodeConfig.serviceAccount", delete),
    Mutation("account by its id", POOL, "nodeConfig.serviceAccount",
             edit(lambda text: text.replace(".email}", ".id}"))),
    Mutation("account is a name", POOL, "nodeConfig.serviceAccount", to("nodes")),
    Mutation("cluster is a network", POOL, "cluster", to("${gcp:compute/network:Network::none.id}")),
    Mutation("cluster by its endpoint", POOL, "cluster",
             to("${gcp:container/cluster:Cluster::fairlead-dev.endpoint}")),
    Mutation("cluster is not there", POOL, "cluster", delete),
    Mutation("name of the pool too long", POOL, "name", to("p" * 41)),
    Mutation("name of the pool with an underscore", POOL, "name", to("gpu_pool")),
    Mutation("no node more, no node less", POOL, "",
             edit(lambda pool: {**pool, "upgradeSettings": {"maxSurge": 0, "maxUnavailable": 0}})),
    Mutation("upgrade strategy that does not exist", POOL, "",
             edit(lambda pool: {**pool, "upgradeSettings": {"strategy": "ROLLING", "maxSurge": 1}})),
    Mutation("no upgrades in a release channel", POOL, "management.autoUpgrade", to(False)),
    Mutation("too many pods a node", POOL, "", edit(lambda pool: {**pool, "maxPodsPerNode": 1000})),
    Mutation("an output as an input", POOL, "", add("managedInstanceGroupUrls", ["x"])),
    Mutation("a cache of images that are not streamed", POOL, "nodeConfig.gcfsConfig.enabled", to(False), has_cache),
    Mutation("a cache by the image's name alone", POOL, "nodeConfig.secondaryBootDisks[0].diskImage",
             to("serving-images"), has_cache),
    Mutation("a cache of a kind that does not exist", POOL, "nodeConfig.secondaryBootDisks[0].mode",
             to("IMAGE_CACHE"), has_cache),
    Mutation("a disk of images that nobody reads", POOL, "nodeConfig.secondaryBootDisks[0].mode", delete, has_cache),
    Mutation("a cache misspelt", POOL, "nodeConfig.secondaryBootDisks", rename("secondaryBootDisk"), has_cache),
    Mutation("capacity of the node in a dict", POOL, "nodeConfig", add("capacity_type", "spot")),
)  # fmt: skip
