"""Rules of file systems: sizes, places, and who is let in to them on which ports."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from reference.aws.declared import CLUSTER, Declared, finding
from reference.aws.rules_network import EGRESS, INGRESS
from reference.common import Finding, Resource, whole_reference

MOUNT_TARGET = "aws:efs/mountTarget:MountTarget"
LUSTRE = "aws:fsx/lustreFileSystem:LustreFileSystem"
LUSTRE_PORTS = (988, 1018, 1023)
"""Of Lustre's network, and both ends of the range that goes with it."""

_LUSTRE_THROUGHPUT = {
    ("PERSISTENT_1", "SSD"): (50, 100, 200),
    ("PERSISTENT_1", "HDD"): (12, 40),
    ("PERSISTENT_2", "SSD"): (125, 250, 500, 1000),
}
"""Deployment and storage type -> MB/s for each TiB: FSx API reference, CreateFileSystemLustreConfiguration."""


def check(stack: Declared) -> list[Finding]:
    """Every rule on file systems."""
    found = list(_mount_targets(stack))
    for lustre in stack.of(LUSTRE):
        found += _lustre(stack, lustre)
    return found


def _lets_in(stack: Declared, groups: list[Any], port: int) -> bool:
    """True if one of these security groups lets a port in; groups from elsewhere are trusted."""
    for given in groups:
        group = stack.follow(given)
        if group is None:
            return True
        for rule in stack.of(INGRESS):
            inputs = rule["inputs"]
            if stack.follow(inputs.get("securityGroupId")) is group and (
                inputs.get("ipProtocol") == "-1"
                or (inputs.get("fromPort", 1) <= port <= inputs.get("toPort", 0))
            ):
                return True
        if any(
            one.get("fromPort", 1) <= port <= one.get("toPort", 0)
            for one in group["inputs"].get("ingress") or ()
        ):
            return True
    return False


def _mount_targets(stack: Declared) -> Iterator[Finding]:
    places: set[tuple[Any, Any]] = set()
    for one in stack.of(MOUNT_TARGET):
        system = whole_reference(one["inputs"].get("fileSystemId"))
        zone = stack.zone(one["inputs"].get("subnetId"))
        if zone and (system, zone) in places:
            yield finding(one, "subnetId", f"a second mount target in {zone}")
        places.add((system, zone))
        if not _lets_in(stack, one["inputs"].get("securityGroups") or [], 2049):
            yield finding(one, "securityGroups", "none lets NFS in (2049)")


def _lustre(stack: Declared, lustre: Resource) -> Iterator[Finding]:
    """Sizes and ports: FSx for Lustre user guide, "File system access control with Amazon VPC"."""
    inputs = lustre["inputs"]
    kind, storage = inputs.get("deploymentType", "SCRATCH_1"), inputs.get("storageType", "SSD")
    rate, size = inputs.get("perUnitStorageThroughput"), inputs.get("storageCapacity")
    allowed = _LUSTRE_THROUGHPUT.get((kind, storage))
    if (allowed is None) != (rate is None) or (allowed and rate not in allowed):
        yield finding(
            lustre, "perUnitStorageThroughput", f"{rate} with {kind} {storage}: {allowed or 'has none'}"
        )
    if storage == "SSD" and kind != "SCRATCH_1" and isinstance(size, int) and size != 1200 and size % 2400:
        yield finding(lustre, "storageCapacity", f"{size} GiB is neither 1200 nor a multiple of 2400")
    yield from _talks(stack, lustre)


def _talks(stack: Declared, lustre: Resource) -> Iterator[Finding]:
    """File servers and clients talk both ways, and file servers among themselves.

    FSx for Lustre user guide, "File system access control with Amazon VPC".
    """
    groups = [stack.follow(one) for one in lustre["inputs"].get("securityGroupIds") or ()]
    if not groups:
        yield finding(lustre, "securityGroupIds", "none lets Lustre in")
    servers = next((one for one in groups if one is not None), None)
    if servers is None:
        return  # groups from elsewhere are trusted
    ways = [(INGRESS, servers, servers), (EGRESS, servers, servers)]
    for nodes in stack.of(CLUSTER):
        ways += [(INGRESS, servers, nodes), (EGRESS, servers, nodes), (INGRESS, nodes, servers)]
    for kind, group, other in ways:
        for port in LUSTRE_PORTS:
            rule = _opening(stack, kind, group, other, port)
            way = "in from" if kind == INGRESS else "out to"
            if rule is None:
                what = f"{group['name']} does not let Lustre {way} {other['name']} ({port})"
                yield finding(lustre, "securityGroupIds", what)
                return
            if rule["urn"] not in lustre["depends_on"]:
                yield finding(lustre, "depends_on", f"is made before {rule['name']}, and FSx asks for it")
                return


def _opening(stack: Declared, kind: str, group: Resource, other: Resource, port: int) -> Resource | None:
    """The rule by which a group lets a port in from, or out to, another group."""
    for rule in stack.of(kind):
        inputs = rule["inputs"]
        ends = [stack.follow(inputs.get(key)) for key in ("securityGroupId", "referencedSecurityGroupId")]
        opens = inputs.get("ipProtocol") == "-1" or (
            inputs.get("ipProtocol") == "tcp" and inputs.get("fromPort", 1) <= port <= inputs.get("toPort", 0)
        )
        if ends[0] is group and ends[1] is other and opens:
            return rule
    return None
