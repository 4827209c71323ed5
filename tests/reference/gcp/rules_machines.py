"""Rules of accelerators: machine, zone, count, partition, topology, local disks, fast networks."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

from reference.common import Finding, Resource, is_unknown
from reference.gcp import facts
from reference.gcp.declared import (
    POLICY,
    POOL,
    RESERVATION,
    Declared,
    bounds,
    finding,
    members,
    numbers,
    place,
    some,
)

# Profiles of NVIDIA's MIG user guide, by accelerator type
MIG = {
    "nvidia-tesla-a100": ("1g.5gb", "1g.10gb", "2g.10gb", "3g.20gb", "4g.20gb", "7g.40gb"),
    "nvidia-a100-80gb": ("1g.10gb", "1g.20gb", "2g.20gb", "3g.40gb", "4g.40gb", "7g.80gb"),
    "nvidia-h100-80gb": ("1g.10gb", "1g.20gb", "2g.20gb", "3g.40gb", "4g.40gb", "7g.80gb"),
    "nvidia-h100-mega-80gb": ("1g.10gb", "1g.20gb", "2g.20gb", "3g.40gb", "4g.40gb", "7g.80gb"),
    "nvidia-h200-141gb": ("1g.18gb", "1g.35gb", "2g.35gb", "3g.71gb", "4g.71gb", "7g.141gb"),
    "nvidia-b200": ("1g.23gb", "1g.45gb", "2g.45gb", "3g.90gb", "4g.90gb", "7g.180gb"),
    "nvidia-rtx-pro-6000": ("1g.24gb", "2g.48gb", "4g.96gb"),
}
TIME_SHARED = range(2, 49)
"""Containers that may share a GPU in time."""


def check(stack: Declared) -> Iterator[Finding]:
    """Every rule on every node pool's machine, and on reservations and slice policies."""
    for pool in stack.of(POOL):
        machine = some(pool["inputs"].get("nodeConfig")).get("machineType")
        if not isinstance(machine, str) or is_unknown(machine):
            yield finding(pool, "nodeConfig.machineType", "no machine type is said")
            continue
        yield from _machine(stack, pool, machine)
        yield from _gpus(pool, machine)
        yield from _tpus(stack, pool, machine)
        yield from _disks(pool, machine)
        yield from _networks(stack, pool, machine)
    for reservation in stack.of(RESERVATION):
        yield from _reserved(reservation)


def _machine(stack: Declared, pool: Resource, machine: str) -> Iterator[Finding]:
    path = "nodeConfig.machineType"
    if facts.exists(machine) is False:
        yield finding(pool, path, f"there is no machine type {machine!r}")
    elif facts.exists(machine) is None:
        yield finding(pool, path, f"no reference knows the machine type {machine!r}")
    region = place(pool["inputs"].get("location")) or stack.region
    if region and facts.offered(machine, region) is False:
        yield finding(pool, path, f"{machine} is not offered in {region}")
    for zone in stack.zones(pool):
        if facts.in_zone(machine, zone) is False:
            yield finding(pool, "nodeLocations", f"{machine} is not offered in {zone}")


def _gpus(pool: Resource, machine: str) -> Iterator[Finding]:
    cards = members(some(pool["inputs"].get("nodeConfig")).get("guestAccelerators"))
    path = "nodeConfig.guestAccelerators"
    row = facts.gpus(machine)
    if row and len(cards) != 1:
        yield finding(pool, path, f"{machine} has {row.type}, and {len(cards)} kinds are named")
    for card in cards:
        if row is None and not (machine.startswith("n1-") and card.get("type") in facts.N1_GPUS):
            yield finding(pool, path, f"{machine} has no {card.get('type')}")
        if row and card.get("type") != row.type:
            yield finding(pool, path, f"{machine} has {row.type}, not {card.get('type')}")
        if row and row.counts[machine] and card.get("count") != row.counts[machine]:
            yield finding(pool, path, f"{machine} has {row.counts[machine]} of them, not {card.get('count')}")
        if row is None and card.get("count") not in (1, 2, 4, 8):
            yield finding(pool, path, f"{card.get('count')} cards")
        yield from _sharing(pool, card)


def _sharing(pool: Resource, card: Mapping[str, Any]) -> Iterator[Finding]:
    path = "nodeConfig.guestAccelerators[0]"
    size, kind = card.get("gpuPartitionSize"), card.get("type")
    if size and size not in MIG.get(str(kind), ()):
        yield finding(pool, f"{path}.gpuPartitionSize", f"{kind} has no partition {size}")
    clients = some(card.get("gpuSharingConfig")).get("maxSharedClientsPerGpu")
    if any(one not in TIME_SHARED for one in numbers(clients)):
        yield finding(pool, f"{path}.gpuSharingConfig", f"{clients} clients: 2 to 48")
    if some(card.get("gpuDriverInstallationConfig")).get("gpuDriverVersion") is None:
        yield finding(pool, f"{path}.gpuDriverInstallationConfig", "who brings the driver is not said")


def chips(topology: str) -> int | None:
    """Chips of a topology, as 2x2x4; None if the text is none."""
    if not re.fullmatch(r"\d+(x\d+){1,2}", topology):
        return None
    return math.prod(int(part) for part in topology.split("x"))


def _tpus(stack: Declared, pool: Resource, machine: str) -> Iterator[Finding]:
    row = facts.tpus(machine)
    placement = some(pool["inputs"].get("placementPolicy"))
    policy = stack.follow(placement.get("policyName"), POLICY)
    workload = some(some(policy and policy["inputs"]).get("workloadPolicy"))
    topology = placement.get("tpuTopology") or workload.get("acceleratorTopology")
    if not isinstance(topology, str) or is_unknown(topology):
        return
    if row is None:
        if topology != facts.NVLINK_DOMAINS.get(machine):
            yield finding(pool, "placementPolicy", f"{machine} is not arranged as {topology}")
        return
    count, per_node = chips(topology), row.chips[machine]
    if count is None or len(topology.split("x")) != row.dimensions:
        yield finding(pool, "placementPolicy.tpuTopology", f"{topology!r} is no topology of {row.label}")
        return
    nodes, rest = divmod(count, per_node)
    if rest:
        yield finding(pool, "placementPolicy.tpuTopology", f"{count} chips, {per_node} a node")
    least, most = bounds(pool)
    if nodes > 1 and most not in (None, nodes):
        yield finding(pool, "autoscaling", f"a slice {topology} is {nodes} nodes, not {most}")
    if nodes > 1 and least not in (None, 0, nodes):
        yield finding(pool, "autoscaling", f"a slice is whole or absent: {least} of {nodes} nodes")


def _disks(pool: Resource, machine: str) -> Iterator[Finding]:
    config = some(pool["inputs"].get("nodeConfig"))
    disk, disks = config.get("diskType"), facts.boot_disks(machine)
    if disk is not None and disks is not None and disk not in disks:
        yield finding(pool, "nodeConfig.diskType", f"{machine} boots from {' or '.join(disks)}, not {disk}")
    given = some(config.get("ephemeralStorageLocalSsdConfig")).get("localSsdCount")
    raw = some(config.get("localNvmeSsdBlockConfig")).get("localSsdCount")
    fixed = facts.LOCAL_SSDS.get(machine)
    if fixed and given not in (None, fixed):
        yield finding(
            pool, "nodeConfig.ephemeralStorageLocalSsdConfig", f"{machine} has {fixed}, not {given}"
        )
    if given and raw:
        yield finding(pool, "nodeConfig", "local disks both as ephemeral storage and as block devices")
    if machine.startswith("e2-") and (given or raw):
        yield finding(pool, "nodeConfig", f"{machine} has no local disks")


def _networks(stack: Declared, pool: Resource, machine: str) -> Iterator[Finding]:
    network = some(pool["inputs"].get("networkConfig"))
    more = members(network.get("additionalNodeNetworkConfigs"))
    wanted = facts.FABRIC.get(machine)
    path = "networkConfig.additionalNodeNetworkConfigs"
    if more and wanted and len(more) != wanted:
        yield finding(pool, path, f"the fabric of {machine} has {wanted} interfaces, {len(more)} are given")
    # Sockets want a network for each card; RDMA has one with a subnetwork for each.
    for key in ("network", "subnetwork") if machine in facts.SOCKETS else ("subnetwork",):
        names = [one.get(key) for one in more]
        if len(set(map(str, names))) != len(names):
            yield finding(pool, path, f"a {key} stands twice")
    if not more:
        return
    cluster = some(some(stack.cluster(pool)).get("inputs"))
    if cluster and not (
        cluster.get("enableMultiNetworking") and cluster.get("datapathProvider") == "ADVANCED_DATAPATH"
    ):
        yield finding(pool, path, "the cluster has no multi-networking with dataplane v2")
    if not some(some(pool["inputs"].get("nodeConfig")).get("gvnic")).get("enabled"):
        yield finding(pool, "nodeConfig.gvnic", "several networks want gVNIC")


def _reserved(reservation: Resource) -> Iterator[Finding]:
    zone = reservation["inputs"].get("zone")
    if isinstance(zone, str) and not is_unknown(zone) and facts.zone_region(zone) is None:
        yield finding(reservation, "zone", f"{zone!r} is no zone")
    properties = some(some(reservation["inputs"].get("specificReservation")).get("instanceProperties"))
    machine = properties.get("machineType")
    if isinstance(machine, str) and facts.exists(machine) is False:
        yield finding(reservation, "specificReservation", f"there is no machine type {machine!r}")
    row = facts.gpus(machine) if isinstance(machine, str) else None
    for card in members(properties.get("guestAccelerators")):
        if row and (card.get("acceleratorType"), card.get("acceleratorCount")) != (
            row.type,
            row.counts[machine],
        ):
            yield finding(
                reservation, "specificReservation", f"{machine} has {row.counts[machine]} {row.type}"
            )
    region = facts.zone_region(zone) if isinstance(zone, str) else None
    if isinstance(machine, str) and region and facts.offered(machine, region) is False:
        yield finding(reservation, "zone", f"{machine} is not offered in {region}")
