"""What only Google Cloud refuses: settings of the target, and pools on it. Each is a path and a way out."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import combinations

from fairlead.catalog.model import Catalog, MachineRow
from fairlead.errors import Problem, one_of
from fairlead.plan.machines import Choice
from fairlead.plan.pools import slice_nodes
from fairlead.plan.sites import gcp_network as net
from fairlead.plan.sites import gcp_queued
from fairlead.plan.sites import gcp_words as words
from fairlead.plan.sites.gcp_time import LEAST_HOURS
from fairlead.spec.gcp import PROJECT, GcpTarget
from fairlead.spec.pool import Pool
from fairlead.values import seconds

TARGET = "platform.target"
POOLS = "platform.pools"
_KEY = re.compile(
    rf"projects/{PROJECT}/locations/(?P<region>[a-z0-9-]+)/keyRings/[\w-]{{1,63}}/cryptoKeys/[\w-]{{1,63}}"
)
_RESERVATION = re.compile(
    rf"(projects/{PROJECT}/reservations/)?[a-z]([-a-z0-9]{{0,61}}[a-z0-9])?(/reservationBlocks/[-a-z0-9]+)?"
)
_DISK_IMAGE = re.compile(rf"projects/{PROJECT}/global/images/[a-z]([-a-z0-9]{{0,61}}[a-z0-9])?")
_ADMIN = re.compile(r"(user|group|serviceAccount):[^@\s:]+@[^@\s:]+\.[^@\s:]+")


def target(target: GcpTarget) -> Iterator[Problem]:
    """Problems of the target's own settings."""
    yield from _key(target)
    yield from _admins(target)
    if target.maintenance.hours < LEAST_HOURS:
        yield Problem(
            f"{TARGET}.maintenance.hours",
            "GKE wants 48 hours of maintenance in any 32 days",
            str(target.maintenance.hours),
            f"{LEAST_HOURS} to 24: the window comes once a week",
            f"write hours: {LEAST_HOURS}",
        )
    for place, cidr in enumerate(target.endpoint.allow):
        if ":" in cidr and cidr != "::/0":  # of everybody the common checks have spoken
            what = "the API server of GKE has IPv4 addresses only"
            yield Problem(f"{TARGET}.endpoint.allow[{place}]", what, cidr, "an IPv4 range")
    lustre = target.parallel_storage_tib
    if lustre is not None and lustre % 9:
        yield Problem(
            f"{TARGET}.parallel_storage_tib",
            "Managed Lustre grows in steps of 9000 GiB",
            str(lustre),
            "a multiple of 9: each 9 stand for 9000 GiB",
            f"write {max(9, round(lustre / 9) * 9)}",
        )
    if target.endpoint.allow and not target.endpoint.public and target.dns_endpoint:
        yield Problem(
            f"{TARGET}.endpoint.allow",
            "the DNS name is reached from anywhere that IAM lets in: ranges would not hold there",
            ", ".join(target.endpoint.allow),
            fix="leave dns_endpoint out, or the ranges",
        )


def _key(target: GcpTarget) -> Iterator[Problem]:
    if target.key is None:
        return
    found = _KEY.fullmatch(target.key)
    wanted = f"projects/PROJECT/locations/{target.region}/keyRings/RING/cryptoKeys/KEY"
    if not found:
        yield Problem(f"{TARGET}.key", "is no key of Cloud KMS", target.key, wanted)
    elif found["region"] != target.region:
        what = f"the key is in {found['region']}, and disks of {target.region} cannot use it"
        yield Problem(f"{TARGET}.key", what, target.key, wanted, "name a key of the same region")


def _admins(target: GcpTarget) -> Iterator[Problem]:
    for place, admin in enumerate(target.admins):
        where = f"{TARGET}.admins[{place}]"
        if not _ADMIN.fullmatch(admin):
            allowed = "user:ADDRESS, group:ADDRESS or serviceAccount:ADDRESS"
            yield Problem(where, "is no member as IAM writes it", admin, allowed)
        elif admin.startswith("group:") and target.security_group is None:
            what = "groups are known to the cluster only through a security group"
            fix = "write security_group: gke-security-groups@DOMAIN, and put the group into it"
            yield Problem(where, what, admin, fix=fix)


def ranges(
    target: GcpTarget, pools: Mapping[int, Pool], choices: Mapping[int, Choice], complete: bool
) -> Iterator[Problem]:
    """Ranges that overlap, or that are too small for the pools."""
    used = [use for place, choice in choices.items() for use in _fabric(target, pools[place], choice.machine)]
    every = list(net.ranges(target, bool(used)))
    for (_, first), (field, second) in combinations(every, 2):
        if first.overlaps(second):
            yield Problem(
                f"{TARGET}.{field}",
                "overlaps another range of the platform",
                str(second),
                fix=f"move it away from {first}",
            )
    if not complete:
        return
    nodes = sum(pool.max + pool.disruption.max_unavailable for pool in pools.values())
    room = {field: found.num_addresses for field, found in every}
    needs = {"cidr": nodes + net.UNUSABLE, "pod_cidr": nodes * net.ADDRESSES_PER_NODE}
    if used:
        needs["fabric_cidr"] = net.subnets_needed(target, used) * 2 ** (32 - net.FABRIC_PREFIX)
    for field, need in needs.items():
        if room[field] < need:
            what = f"is too small for {nodes} nodes, which need {need} addresses here"
            if field == "fabric_cidr":
                what = f"is too small for the networks between accelerators, which need {need} addresses"
            prefix = 32 - (need - 1).bit_length()
            yield Problem(f"{TARGET}.{field}", what, f"{room[field]} addresses", f"at least a /{prefix}")


def _fabric(target: GcpTarget, pool: Pool, machine: MachineRow) -> Iterator[tuple[str, str, int]]:
    zone = (pool.zones or target.zones)[0]
    if pool.fabric != "off" and machine.fabric in (*net.SOCKETS, net.RDMA) and zone in target.zones:
        yield machine.fabric, zone, machine.fabric_cards


def pools(
    target: GcpTarget, pools: Mapping[int, Pool], choices: Mapping[int, Choice], catalog: Catalog
) -> Iterator[Problem]:
    """Problems of single pools."""
    for place, pool in pools.items():
        where = f"{POOLS}[{place}]"
        yield from _reservation(pool, where)
        yield from _flex(pool, where)
        if place in choices:
            machine = choices[place].machine
            for rule in _RULES:
                yield from rule(target, pool, where, machine)
    yield from gcp_queued.problems(target, pools, choices)


def _reservation(pool: Pool, where: str) -> Iterator[Problem]:
    if "reserved" in pool.capacity and pool.reservation is None:
        fix = "write reservation: NAME, or leave reserved out of capacity"
        yield Problem(
            f"{where}.reservation", "capacity reserved needs the reservation that it comes from", fix=fix
        )
    elif pool.reservation and "reserved" not in pool.capacity:
        yield Problem(
            f"{where}.reservation",
            "no step of the pool's capacity is reserved: nothing would use it",
            pool.reservation,
            fix="add reserved to capacity, or leave reservation out",
        )
    elif pool.reservation and not _RESERVATION.fullmatch(pool.reservation):
        allowed = "NAME, NAME/reservationBlocks/BLOCK or projects/PROJECT/reservations/NAME"
        yield Problem(
            f"{where}.reservation", "is no reservation of Compute Engine", pool.reservation, allowed
        )


def _flex(pool: Pool, where: str) -> Iterator[Problem]:
    if "flex" not in pool.capacity:
        if pool.max_duration:
            what = "only flexible capacity is kept for a time, and the pool has none"
            yield Problem(
                f"{where}.max_duration", what, pool.max_duration, fix="add flex to capacity, or leave it out"
            )
        return
    if pool.capacity[0] == "flex" and pool.min:
        yield Problem(
            f"{where}.min",
            "flexible nodes come when they are asked for and go after days: none is always there",
            str(pool.min),
            "0",
            "write min: 0, or put another capacity first",
        )


def _days(target: GcpTarget, pool: Pool, where: str, machine: MachineRow) -> Iterator[Problem]:
    if "flex" in pool.capacity and pool.max_duration and seconds(pool.max_duration) > words.FLEX_SECONDS:
        yield Problem(
            f"{where}.max_duration", "Flex-start keeps a node at most 7 days", pool.max_duration, "at most 7d"
        )


def _near(target: GcpTarget, pool: Pool, where: str, machine: MachineRow) -> Iterator[Problem]:
    if pool.placement != "compact":
        return
    if "flex" in pool.capacity and not machine.name.startswith(words.FLEX_COMPACT) and not machine.topologies:
        yield Problem(
            f"{where}.placement",
            f"{machine.name} cannot stand near each other under Flex-start",
            pool.placement,
            "spread, or a machine of A3 Ultra or A4",
            "leave flex out of capacity, or placement",
        )


def _zone(target: GcpTarget, pool: Pool, where: str, machine: MachineRow) -> Iterator[Problem]:
    """RDMA networks belong to one zone, and so do machines that form a unit."""
    zones = pool.zones or target.zones
    one = pool.placement == "compact" or pool.topology
    near = pool.fabric != "off" and machine.fabric == net.RDMA
    if near and len(zones) > 1 and not one:
        yield Problem(
            f"{where}.zones",
            f"the RDMA network of {machine.name} lies in one zone",
            ", ".join(zones),
            one_of(zones),
            "name one zone, and a pool for each other",
        )


def _slice(target: GcpTarget, pool: Pool, where: str, machine: MachineRow) -> Iterator[Problem]:
    if slice_nodes(pool.topology, machine) > 1 and "flex" in pool.capacity and pool.name not in target.queued:
        yield Problem(
            f"{where}.capacity",
            "a slice of several hosts is flexible only as a whole: by a queued request",
            ", ".join(pool.capacity),
            fix=f"add {pool.name} to {TARGET}.queued, or leave flex out",
        )


def _domain(target: GcpTarget, pool: Pool, where: str, machine: MachineRow) -> Iterator[Problem]:
    if words.series(machine.name) == "a4x" and pool.max > words.NVLINK_MACHINES:
        yield Problem(
            f"{where}.max",
            f"an NVLink domain of {machine.name} is {words.NVLINK_MACHINES} machines, and a pool is one domain",
            str(pool.max),
            f"at most {words.NVLINK_MACHINES}",
            "write one pool for each domain",
        )
    if machine.name.endswith("-metal"):
        yield Problem(
            f"{where}.machine",
            "bare-metal machines need a cluster without Shielded Nodes, which is not built",
            machine.name,
            fix="choose another machine",
        )


def _streaming(target: GcpTarget, pool: Pool, where: str, machine: MachineRow) -> Iterator[Problem]:
    if pool.image_streaming and (pool.image or machine.node_images[0]).startswith("ubuntu"):
        what = "images are streamed on Container-Optimized OS only"
        yield Problem(f"{where}.image_streaming", what, "true", fix="leave it out, or write image: cos")


def _cache(target: GcpTarget, pool: Pool, where: str, machine: MachineRow) -> Iterator[Problem]:
    """https://cloud.google.com/kubernetes-engine/docs/how-to/data-container-image-preloading, 2026-11-28"""
    if pool.image_cache and not pool.image_streaming:
        what = "nodes read images from such a disk by the means of image streaming"
        yield Problem(
            f"{where}.image_cache", what, "image_streaming: false", fix="write image_streaming: true"
        )
    for place, image in enumerate(pool.image_cache):
        if not _DISK_IMAGE.fullmatch(image):
            allowed = "projects/PROJECT/global/images/NAME"
            yield Problem(
                f"{where}.image_cache[{place}]", "is no disk image of Compute Engine", image, allowed
            )
        elif image in pool.image_cache[:place]:
            yield Problem(f"{where}.image_cache[{place}]", "is named twice", image, fix="leave it out once")


def _crowd(target: GcpTarget, pool: Pool, where: str, machine: MachineRow) -> Iterator[Problem]:
    """Every node has an address in each network between accelerators."""
    most = 2 ** (32 - net.FABRIC_PREFIX) - net.UNUSABLE
    if any(_fabric(target, pool, machine)) and pool.max > most:
        what = "a network between accelerators has no addresses for more nodes"
        yield Problem(
            f"{where}.max", what, str(pool.max), f"at most {most}", "write fabric: off, or a smaller pool"
        )


def _own_disks(target: GcpTarget, pool: Pool, where: str, machine: MachineRow) -> Iterator[Problem]:
    if pool.local_disks == "off" and machine.local_disks and machine.name.startswith(("a3-", "a4")):
        yield Problem(
            f"{where}.local_disks",
            f"the disks inside {machine.name} come with it, and are paid for: GKE always uses them",
            pool.local_disks,
            "ephemeral, raw",
        )


_RULES: Sequence[Callable[[GcpTarget, Pool, str, MachineRow], Iterator[Problem]]] = (
    _days,
    _near,
    _zone,
    _slice,
    _domain,
    _streaming,
    _cache,
    _own_disks,
    _crowd,
)
