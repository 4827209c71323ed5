"""Rules of node pools that hold between several properties, whatever the machine is.

Sources beside the API's own descriptions: the preconditions of cluster-toolkit's gke-node-pool module
(2026-06-25) for flex-start, queued provisioning, spot and compact placement.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from reference.common import Finding, Resource, is_unknown
from reference.gcp import facts
from reference.gcp.declared import POLICY, POOL, RESERVATION, Declared, finding, members, numbers, place, some

LONGEST_RUN = 7 * 24 * 3600
BY_NAME = "compute.googleapis.com/reservation-name"
ADDED_BY_GKE = ("nvidia.com/gpu",)
"""Taint keys that GKE puts on the nodes itself: a second one is refused (terraform-provider-google#7928)."""
IMAGES = ("COS_CONTAINERD", "UBUNTU_CONTAINERD")
DISKS = ("pd-standard", "pd-balanced", "pd-ssd", "hyperdisk-balanced", "hyperdisk-extreme", "hyperdisk-ml")
DISK_IMAGE = re.compile(r"projects/[a-z][-a-z0-9]{4,28}[a-z0-9]/global/images/[a-z][-a-z0-9]{0,62}")
LABEL = re.compile(r"([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")
LABEL_VALUE = re.compile(r"([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?")


def check(stack: Declared) -> Iterator[Finding]:
    """Every rule on every node pool and reservation."""
    for pool in stack.of(POOL):
        yield from _sizes(pool)
        yield from _zones(stack, pool)
        yield from _ways_to_buy(pool)
        yield from _flex(pool)
        yield from _reservation(stack, pool)
        yield from _placement(stack, pool)
        yield from _upgrades(stack, pool)
        yield from _taints_and_labels(pool)
        yield from _node(pool)
        yield from _cache(pool)


def _sizes(pool: Resource) -> Iterator[Finding]:
    inputs, scaling = pool["inputs"], some(pool["inputs"].get("autoscaling"))
    if bool(scaling) == ("nodeCount" in inputs):
        yield finding(pool, "autoscaling", "either a fixed nodeCount or autoscaling, one of them")
    for least, most in (("minNodeCount", "maxNodeCount"), ("totalMinNodeCount", "totalMaxNodeCount")):
        if (least in scaling or most in scaling) and most not in scaling:
            yield finding(pool, f"autoscaling.{most}", "no upper bound")
        known = numbers(scaling.get(least), scaling.get(most))
        if known != sorted(known) or any(one < 0 for one in known):
            yield finding(pool, f"autoscaling.{most}", f"{least} and {most} are {known}")
        if scaling.get(most) == 0:
            yield finding(pool, f"autoscaling.{most}", "a pool that may never have a node")
    if scaling and any(key.startswith("total") for key in scaling) == ("maxNodeCount" in scaling):
        yield finding(pool, "autoscaling", "bounds per zone or in total, one of them")


def _zones(stack: Declared, pool: Resource) -> Iterator[Finding]:
    cluster = stack.cluster(pool)
    location = pool["inputs"].get("location")
    region = place(location)
    if location and region is None and not is_unknown(location):
        yield finding(pool, "location", f"{location!r} is no region or zone")
    if cluster and location and location != cluster["inputs"].get("location"):
        yield finding(pool, "location", f"the cluster is in {cluster['inputs'].get('location')}")
    zones = stack.zones(pool)
    for zone in zones:
        if facts.zone_region(zone) is None:
            yield finding(pool, "nodeLocations", f"{zone!r} is no zone")
        elif region and facts.zone_region(zone) != region:
            yield finding(pool, "nodeLocations", f"{zone} is not in {region}")
    for zone, count in Counter(zones).items():
        if count > 1:
            yield finding(pool, "nodeLocations", f"{zone} stands {count} times")


def _ways_to_buy(pool: Resource) -> Iterator[Finding]:
    config = some(pool["inputs"].get("nodeConfig"))
    affinity = some(config.get("reservationAffinity")).get("consumeReservationType", "NO_RESERVATION")
    queued = some(pool["inputs"].get("queuedProvisioning")).get("enabled")
    ways = [name for name in ("spot", "preemptible", "flexStart") if config.get(name)]
    if len(ways) > 1 or (queued and "flexStart" not in ways and ways):
        yield finding(
            pool, "nodeConfig", f"bought in several ways at once: {', '.join(ways)}, queued {queued}"
        )
    if (ways or queued) and affinity != "NO_RESERVATION":
        yield finding(
            pool, "nodeConfig.reservationAffinity", f"{affinity} with {ways or 'queued provisioning'}"
        )


def _flex(pool: Resource) -> Iterator[Finding]:
    config, scaling = some(pool["inputs"].get("nodeConfig")), some(pool["inputs"].get("autoscaling"))
    flex = config.get("flexStart") or some(pool["inputs"].get("queuedProvisioning")).get("enabled")
    if not flex:
        return
    duration = _seconds(config.get("maxRunDuration"))
    if duration is not None and not 0 < duration <= LONGEST_RUN:
        yield finding(pool, "nodeConfig.maxRunDuration", f"{duration} s is not within seven days")
    if some(pool["inputs"].get("management")).get("autoRepair") is not False:
        yield finding(pool, "management.autoRepair", "must be off for flex-start")
    if not scaling or any(numbers(scaling.get("minNodeCount"), scaling.get("totalMinNodeCount"))):
        yield finding(pool, "autoscaling", "flex-start nodes come through the autoscaler, from zero")
    if scaling and scaling.get("locationPolicy") != "ANY":
        yield finding(pool, "autoscaling.locationPolicy", "must be ANY for flex-start")


def _seconds(duration: object) -> int | None:
    found = re.fullmatch(r"(\d+)s", duration) if isinstance(duration, str) else None
    return int(found[1]) if found else None


def _reservation(stack: Declared, pool: Resource) -> Iterator[Finding]:
    affinity = some(some(pool["inputs"].get("nodeConfig")).get("reservationAffinity"))
    path = "nodeConfig.reservationAffinity"
    specific = affinity.get("consumeReservationType") == "SPECIFIC_RESERVATION"
    if specific != bool(affinity.get("values")) or specific != ("key" in affinity):
        yield finding(pool, path, "a key and a name belong to SPECIFIC_RESERVATION, and to it alone")
    if specific and affinity.get("key") not in (None, BY_NAME):
        yield finding(pool, f"{path}.key", f"must be {BY_NAME}")
    for value in affinity.get("values") or []:
        found = stack.follow(value, RESERVATION)
        if found is not None:
            yield from _reserved(stack, pool, found)


def _reserved(stack: Declared, pool: Resource, reservation: Resource) -> Iterator[Finding]:
    """A pool on a declared reservation: same zone, same machine, no more nodes than are reserved."""
    zone = reservation["inputs"].get("zone")
    if stack.zones(pool) != [zone]:
        yield finding(pool, "nodeLocations", f"{stack.zones(pool)}, and its reservation is in {zone}")
    held = some(reservation["inputs"].get("specificReservation"))
    machine = some(held.get("instanceProperties")).get("machineType")
    own = some(pool["inputs"].get("nodeConfig")).get("machineType")
    if machine != own:
        yield finding(pool, "nodeConfig.machineType", f"{own}, and its reservation holds {machine}")
    if reservation["inputs"].get("specificReservationRequired") is not True:
        yield finding(reservation, "specificReservationRequired", "a pool asks for it by name")


def _placement(stack: Declared, pool: Resource) -> Iterator[Finding]:
    placement = some(pool["inputs"].get("placementPolicy"))
    config = some(pool["inputs"].get("nodeConfig"))
    policy = stack.follow(placement.get("policyName"), POLICY)
    if policy is not None and place(pool["inputs"].get("location")) not in (
        None,
        policy["inputs"].get("region"),
    ):
        yield finding(pool, "placementPolicy.policyName", "the policy is in another region")
    if placement.get("type") != "COMPACT":
        return
    if len(stack.zones(pool)) != 1:
        yield finding(pool, "placementPolicy", f"compact placement over the zones {stack.zones(pool)}")
    if some(pool["inputs"].get("upgradeSettings")).get("strategy") == "BLUE_GREEN":
        yield finding(pool, "upgradeSettings.strategy", "no blue-green upgrade with compact placement")
    machine = str(config.get("machineType"))
    flex = config.get("flexStart") or some(pool["inputs"].get("queuedProvisioning")).get("enabled")
    if flex and not facts.tpus(machine) and not machine.startswith(("a3-ultragpu-", "a4-", "h4d-")):
        yield finding(pool, "placementPolicy", f"no compact placement with flex-start on {machine}")


def _upgrades(stack: Declared, pool: Resource) -> Iterator[Finding]:
    settings, management = (some(pool["inputs"].get(key)) for key in ("upgradeSettings", "management"))
    surge, unavailable = settings.get("maxSurge"), settings.get("maxUnavailable")
    if settings.get("strategy", "SURGE") == "SURGE" and (surge, unavailable) == (0, 0):
        yield finding(pool, "upgradeSettings", "neither a node more nor a node less: no upgrade can go on")
    if any(one < 0 or one > 20 for one in numbers(surge, unavailable)):
        yield finding(pool, "upgradeSettings", f"surge {surge}, unavailable {unavailable}")
    cluster = stack.cluster(pool)
    channel = some(some(cluster and cluster["inputs"]).get("releaseChannel")).get("channel", "UNSPECIFIED")
    if channel != "UNSPECIFIED" and management.get("autoUpgrade") is False:
        yield finding(pool, "management.autoUpgrade", f"may not be off in the release channel {channel}")


def _taints_and_labels(pool: Resource) -> Iterator[Finding]:
    config = some(pool["inputs"].get("nodeConfig"))
    taints = members(config.get("taints"))
    for taint in taints:
        if taint.get("key") in ADDED_BY_GKE:
            yield finding(pool, "nodeConfig.taints", f"GKE adds the taint {taint['key']} itself")
        if not LABEL.fullmatch(str(taint.get("key"))) or not LABEL_VALUE.fullmatch(str(taint.get("value"))):
            yield finding(pool, "nodeConfig.taints", f"{taint.get('key')}={taint.get('value')} is no taint")
    for (key, effect), count in Counter((one.get("key"), one.get("effect")) for one in taints).items():
        if count > 1:
            yield finding(pool, "nodeConfig.taints", f"{count} taints {key}:{effect}")
    for key, value in some(config.get("labels")).items():
        if not is_unknown(value) and not (LABEL.fullmatch(key) and LABEL_VALUE.fullmatch(str(value))):
            yield finding(pool, "nodeConfig.labels", f"{key}={value} is no label")
        domain = key.rpartition("/")[0]
        if domain.endswith(("kubernetes.io", "k8s.io")):
            yield finding(pool, "nodeConfig.labels", f"{key}: the prefix is Kubernetes' own")


def _node(pool: Resource) -> Iterator[Finding]:
    config = some(pool["inputs"].get("nodeConfig"))
    for key, allowed in (("imageType", IMAGES), ("diskType", DISKS)):
        value = config.get(key)
        if value is not None and value not in allowed:
            yield finding(pool, f"nodeConfig.{key}", f"{value!r} is none of {', '.join(allowed)}")
    if any(size < 15 for size in numbers(config.get("diskSizeGb"))):
        yield finding(pool, "nodeConfig.diskSizeGb", "15 GB at least")
    if any(not 8 <= pods <= 256 for pods in numbers(pool["inputs"].get("maxPodsPerNode"))):
        yield finding(pool, "maxPodsPerNode", "8 to 256")
    if some(config.get("workloadMetadataConfig")).get("mode") != "GKE_METADATA":
        yield finding(
            pool, "nodeConfig.workloadMetadataConfig.mode", "pods would reach the node's own identity"
        )
    if some(config.get("metadata")).get("disable-legacy-endpoints", "true") != "true":
        yield finding(pool, "nodeConfig.metadata", "the old metadata API is on")
    if "serviceAccount" not in config:
        yield finding(
            pool, "nodeConfig.serviceAccount", "the project's default account, which may edit everything"
        )
    if config.get("fastSocket") and not some(config.get("gvnic")).get("enabled"):
        yield finding(pool, "nodeConfig.fastSocket", "wants gVNIC")


def _cache(pool: Resource) -> Iterator[Finding]:
    """https://cloud.google.com/kubernetes-engine/docs/how-to/data-container-image-preloading, requirements"""
    config = some(pool["inputs"].get("nodeConfig"))
    disks = members(config.get("secondaryBootDisks"))
    path = "nodeConfig.secondaryBootDisks"
    if disks and some(config.get("gcfsConfig")).get("enabled") is not True:
        yield finding(pool, path, "wants image streaming")
    for disk in disks:
        if not is_unknown(disk.get("diskImage")) and not DISK_IMAGE.fullmatch(str(disk.get("diskImage"))):
            yield finding(pool, path, f"{disk.get('diskImage')!r} is no disk image's id")
        if disk.get("mode") != "CONTAINER_IMAGE_CACHE":
            yield finding(pool, path, "without its mode the disk holds data, and no image comes from it")
    for image, count in Counter(str(disk.get("diskImage")) for disk in disks).items():
        if count > 1:
            yield finding(pool, path, f"{count} disks of {image}")
