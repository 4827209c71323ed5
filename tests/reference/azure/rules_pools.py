"""Rules of node pools that no schema can say: counts, machines, systems, zones, taints, reservations."""

from __future__ import annotations

import re
from collections.abc import Iterator

from reference.azure import facts
from reference.azure.stack import Pool, Stack
from reference.common import Finding, references

_TAINT = re.compile(r"^[a-zA-Z0-9./_-]+(=[a-zA-Z0-9._-]*)?:(NoSchedule|PreferNoSchedule|NoExecute)$")
_LABEL = re.compile(r"^([a-z0-9.-]{1,253}/)?[a-zA-Z0-9]([a-zA-Z0-9._-]{0,61}[a-zA-Z0-9])?$")
_LABEL_VALUE = re.compile(r"^([a-zA-Z0-9]([a-zA-Z0-9._-]{0,61}[a-zA-Z0-9])?)?$")

_SYSTEMS = {
    "Ubuntu": "ubuntu",
    "Ubuntu2204": "ubuntu",
    "Ubuntu2404": "ubuntu",
    "AzureLinux": "azurelinux3",
    "AzureLinux3": "azurelinux3",
    "Windows2019": "windows",
    "Windows2022": "windows",
}
"""osSKU -> the table's name; AzureLinux is release 3: release 2 ended on 2026-03-31 (azure-cni-overlay.md)."""

_VENDOR_TAINT = {"nvidia": "nvidia.com/gpu=present:NoSchedule", "amd": "amd.com/gpu=present:NoSchedule"}
_SPOT = ("kubernetes.azure.com/scalesetpriority", "spot")
"""Label that AKS puts on spot nodes itself, and the only one of its prefix that says what AKS does anyway."""
_TEMPLATE = "k8s.io_cluster-autoscaler_node-template"
"""Tags that tell the autoscaler what a node of an empty pool would be, `/` written `_` and `_` written `~2`
(kubernetes/autoscaler, cloudprovider/azure/azure_template.go, read 2026-11-23)."""
_PARTITIONED = re.compile(r"A100|H100|H200", re.IGNORECASE)
"""Families whose GPUs can be cut in instances (blog.aks.azure.com/2026/03/03/multi-instance-gpu-with-dra-on-aks)."""

MOST_NODES = 1000
"""Of a pool: documented at `count` in azure-mgmt-containerservice."""
FEWEST_PODS, MOST_PODS = 10, 250
"""Of a node (MicrosoftDocs/azure-aks-docs, azure-cni-overlay.md, read 2026-11-23)."""


def check(stack: Stack) -> Iterator[Finding]:
    """What the rules have against the node pools."""
    for pool in stack.pools():
        yield from _counts(pool)
        yield from _pods(pool)
        yield from _spot(pool)
        yield from _machine(pool, stack)
        yield from _gpu(pool)
        yield from _partitions(pool)
        yield from _words(pool)
        yield from _template(pool)
        yield from _zones(pool, stack)
        yield from _reserved(pool)
    yield from _clusters(stack)


def _clusters(stack: Stack) -> Iterator[Finding]:
    seen: set[str] = set()
    for pool in stack.pools():
        name = str(pool.inputs.get("agentPoolName", pool.inputs.get("name", "")))
        if name in seen:
            yield pool.wrong("name", f"a second pool {name!r}")
        seen.add(name)
    for cluster in stack.of("containerservice:ManagedCluster"):
        modes = [pool.inputs.get("mode") for pool in stack.pools() if pool.cluster is cluster]
        if "System" not in modes:
            yield Finding(cluster["urn"], "agentPoolProfiles", "a cluster needs a system pool", "rules")


def _pods(pool: Pool) -> Iterator[Finding]:
    pods = pool.inputs.get("maxPods")
    if isinstance(pods, int) and not FEWEST_PODS <= pods <= MOST_PODS:
        yield pool.wrong("maxPods", f"{pods} is not within {FEWEST_PODS} to {MOST_PODS}")


def _counts(pool: Pool) -> Iterator[Finding]:
    count, low, high = (pool.inputs.get(key) for key in ("count", "minCount", "maxCount"))
    if not pool.inputs.get("enableAutoScaling"):
        if low is not None or high is not None:
            yield pool.wrong("minCount", "bounds without enableAutoScaling")
        return
    if low is None or high is None:
        yield pool.wrong("maxCount", "enableAutoScaling needs minCount and maxCount")
    elif not (isinstance(low, int) and isinstance(high, int)):
        return
    elif not low <= high <= MOST_NODES:
        yield pool.wrong("maxCount", f"minCount {low} to maxCount {high}: not rising, or above {MOST_NODES}")
    elif isinstance(count, int) and not low <= count <= high:
        yield pool.wrong("count", f"{count} is not within {low} to {high}")
    least = low if low is not None else count
    if pool.inputs.get("mode") == "System" and isinstance(least, int) and least < 1:
        yield pool.wrong("minCount", "a system pool keeps at least one node")


def _spot(pool: Pool) -> Iterator[Finding]:
    if pool.spot and pool.inputs.get("mode") == "System":
        yield pool.wrong("scaleSetPriority", "a system pool cannot be of spot machines")
    if pool.spot and pool.inputs.get("type", "VirtualMachineScaleSets") != "VirtualMachineScaleSets":
        yield pool.wrong("type", "spot machines are in scale sets")
    price = pool.inputs.get("spotMaxPrice")
    if isinstance(price, int | float) and price != -1 and price <= 0:
        yield pool.wrong("spotMaxPrice", f"{price} is neither -1 nor a price")
    for key in ("scaleSetEvictionPolicy", "spotMaxPrice"):
        if key in pool.inputs and not pool.spot:
            yield pool.wrong(key, "of spot machines only")


def _machine(pool: Pool, stack: Stack) -> Iterator[Finding]:
    size = pool.inputs.get("vmSize")
    if size not in facts.sizes():
        yield pool.wrong("vmSize", f"Azure has no machine {size!r}", facts.SIZES)
        return
    region = stack.region(pool.cluster) if pool.cluster else ""
    priced = {where for where, offered in facts.offered().items() if size in offered}
    if priced and region not in priced:
        yield pool.wrong(
            "vmSize", f"{size} has no price in {region!r}, so it is not offered there", facts.SIZES
        )


def _gpu(pool: Pool) -> Iterator[Finding]:
    size, system = str(pool.inputs.get("vmSize", "")).lower(), str(pool.inputs.get("osSKU", "Ubuntu"))
    known, profile = facts.gpus().get(size), pool.inputs.get("gpuProfile")
    if known is None:
        if profile is not None and not size.startswith("standard_n"):
            yield pool.wrong("gpuProfile", f"{size} has no GPU that AKS supports", facts.SIZES)
        return
    if _SYSTEMS.get(system) not in known.systems:
        yield pool.wrong(
            "osSKU", f"{size} runs on {', '.join(sorted(known.systems))}, not {system}", facts.SIZES
        )
    if not isinstance(profile, dict) or "driver" not in profile:
        yield pool.wrong("gpuProfile", "who installs the driver is not said, and cannot be changed later")
    elif known.vendor != "nvidia" and profile["driver"] != "None":
        yield pool.wrong("gpuProfile.driver", f"AKS installs no driver for {known.vendor}", facts.SIZES)
    if _VENDOR_TAINT[known.vendor] not in (pool.inputs.get("nodeTaints") or ()):
        yield pool.wrong("nodeTaints", f"a pool of {known.vendor} GPUs lacks {_VENDOR_TAINT[known.vendor]}")
    for key in ("fairlead.dev/accelerator", "fairlead.dev/pool"):
        if key not in (pool.inputs.get("nodeLabels") or {}):
            yield pool.wrong("nodeLabels", f"a pool of GPUs lacks the label {key}")


def _partitions(pool: Pool) -> Iterator[Finding]:
    size = str(pool.inputs.get("vmSize", ""))
    family = facts.sizes().get(size, "")
    if "gpuInstanceProfile" in pool.inputs and not _PARTITIONED.search(f"{size} {family}"):
        yield pool.wrong("gpuInstanceProfile", f"the GPUs of {size} cannot be partitioned")


def _words(pool: Pool) -> Iterator[Finding]:
    for index, taint in enumerate(pool.inputs.get("nodeTaints") or ()):
        if not _TAINT.match(str(taint)):
            yield pool.wrong(f"nodeTaints[{index}]", f"{taint!r} is not key=value:effect")
    for key, value in (pool.inputs.get("nodeLabels") or {}).items():
        if not _LABEL.match(key) or not _LABEL_VALUE.match(str(value)):
            yield pool.wrong(f"nodeLabels.{key}", f"{key}={value} is no label of Kubernetes")
        if key.startswith("kubernetes.azure.com/") and not (pool.spot and (key, value) == _SPOT):
            yield pool.wrong(f"nodeLabels.{key}", "AKS keeps this prefix for itself")
    capacity = (pool.inputs.get("nodeLabels") or {}).get("fairlead.dev/capacity")
    meant = (
        "spot" if pool.spot else "reserved" if pool.inputs.get("capacityReservationGroupID") else "on-demand"
    )
    if capacity is not None and capacity != meant:
        yield pool.wrong("nodeLabels.fairlead.dev/capacity", f"says {capacity}, the machines are {meant}")


def _template(pool: Pool) -> Iterator[Finding]:
    """The autoscaler's tags, where there are any, say what the pool says."""
    tags = {
        key.removeprefix(_TEMPLATE): value
        for key, value in (pool.inputs.get("tags") or {}).items()
        if key.startswith(_TEMPLATE)
    }
    if not tags:
        return
    said = {f"_label_{_plain(key)}": value for key, value in (pool.inputs.get("nodeLabels") or {}).items()}
    for taint in pool.inputs.get("nodeTaints") or ():
        key, _, rest = str(taint).partition("=")
        said[f"_taint_{_plain(key)}"] = rest
    for key, value in tags.items():
        if not key.startswith("_resources_") and said.get(key) != value:
            yield pool.wrong(f"tags.{_TEMPLATE}{key}", f"{value!r}, the pool says {said.get(key)!r}")
    known = facts.gpus().get(str(pool.inputs.get("vmSize", "")).lower())
    resource = f"_resources_{known.vendor}.com_gpu" if known else ""
    if resource and not str(tags.get(resource, "")).isdigit():
        yield pool.wrong("tags", f"the autoscaler is not told of {resource}")
    for key in sorted(set(said) - set(tags)):
        yield pool.wrong("tags", f"the autoscaler is not told of {key}")


def _plain(key: str) -> str:
    return key.replace("_", "~2").replace("/", "_")


def _zones(pool: Pool, stack: Stack) -> Iterator[Finding]:
    region = stack.region(pool.cluster) if pool.cluster else ""
    zones = pool.inputs.get("availabilityZones") or []
    for index, zone in enumerate(zones):
        if zone not in facts.zones().get(region, ()):
            yield pool.wrong(f"availabilityZones[{index}]", f"{region!r} has no zone {zone!r}", facts.SIZES)
    if "proximityPlacementGroupID" in pool.inputs and len(zones) > 1:
        yield pool.wrong("availabilityZones", "machines of a proximity placement group are in one zone")


def _reserved(pool: Pool) -> Iterator[Finding]:
    if "capacityReservationGroupID" in pool.inputs and pool.spot:
        yield pool.wrong("capacityReservationGroupID", "spot machines take no reservation")


def sits_on(pool: Pool, subnet: str) -> bool:
    """True if the pool's nodes are in a subnet, by the subnet's declared name."""
    return any(ref.name == subnet for ref in references(pool.inputs.get("vnetSubnetID", "")))
