"""Rules of the cluster and its networks: address ranges, private access, encryption, versions, windows."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import combinations
from typing import Any

from reference.common import Finding, Resource, is_unknown
from reference.gcp import facts
from reference.gcp.declared import (
    CLUSTER,
    NETWORK,
    POOL,
    SUBNETWORK,
    Declared,
    bounds,
    finding,
    members,
    numbers,
    place,
    some,
)

VERSION = re.compile(r"1\.\d{2}(\.\d{1,2}(-gke\.\d+)?)?")
RRULE = re.compile(r"FREQ=(DAILY|WEEKLY|MONTHLY)(;(BYDAY|BYSETPOS|BYMONTHDAY|INTERVAL)=[-A-Z0-9,]+)*")
FIREWALL = "gcp:compute/firewall:Firewall"
NAT = "gcp:compute/routerNat:RouterNat"
ROUTER = "gcp:compute/router:Router"
DEFAULT_PODS = 110
PROTOCOLS = ("tcp", "udp", "icmp", "esp", "ah", "sctp", "ipip", "all")


def check(stack: Declared) -> Iterator[Finding]:
    """Every rule on clusters, networks and firewalls."""
    for cluster in stack.of(CLUSTER):
        yield from _place(cluster)
        yield from _private(stack, cluster)
        yield from _secured(stack, cluster)
        yield from _said(cluster)
        yield from _versions(cluster)
        yield from _ranges(stack, cluster)
    for subnetwork in stack.of(SUBNETWORK):
        yield from _region(subnetwork)
    yield from _overlaps(stack)
    for nat in stack.of(NAT, ROUTER):
        yield from _region(nat)
    for firewall in stack.of(FIREWALL):
        yield from _firewall(firewall)


def _place(cluster: Resource) -> Iterator[Finding]:
    location = cluster["inputs"].get("location")
    region = place(location)
    if region is None and not is_unknown(location):
        yield finding(cluster, "location", f"{location!r} is no region or zone")
    for zone in cluster["inputs"].get("nodeLocations") or []:
        if not is_unknown(zone) and facts.zone_region(zone) is None:
            yield finding(cluster, "nodeLocations", f"{zone!r} is no zone")
        elif region and facts.zone_region(zone) not in (None, region):
            yield finding(cluster, "nodeLocations", f"{zone} is not in {region}")


def _region(resource: Resource) -> Iterator[Finding]:
    region = resource["inputs"].get("region")
    if region is not None and not is_unknown(region) and region not in facts.REGIONS:
        yield finding(resource, "region", f"{region!r} is no region")


def _private(stack: Declared, cluster: Resource) -> Iterator[Finding]:
    inputs = cluster["inputs"]
    private = some(inputs.get("privateClusterConfig"))
    endpoints = some(inputs.get("controlPlaneEndpointsConfig"))
    allowed = some(inputs.get("masterAuthorizedNetworksConfig"))
    if not private.get("enablePrivateNodes"):
        yield finding(cluster, "privateClusterConfig.enablePrivateNodes", "nodes get public addresses")
    if not (private.get("enablePrivateEndpoint") or "cidrBlocks" in allowed or endpoints):
        yield finding(cluster, "masterAuthorizedNetworksConfig", "the API server is open to everyone")
    for block in members(allowed.get("cidrBlocks")):
        network = _network(block.get("cidrBlock"))
        if network is None and not is_unknown(block.get("cidrBlock")):
            yield finding(
                cluster, "masterAuthorizedNetworksConfig", f"{block.get('cidrBlock')!r} is no range"
            )
        if network is not None and network.prefixlen == 0:
            yield finding(cluster, "masterAuthorizedNetworksConfig", "0.0.0.0/0 is everyone")
    master = _network(private.get("masterIpv4CidrBlock"))
    if "masterIpv4CidrBlock" in private and (master is None or master.prefixlen != 28):
        yield finding(cluster, "privateClusterConfig.masterIpv4CidrBlock", "must be a /28")
    for name, used in _used(stack, _subnetwork(stack, cluster)):
        if master is not None and used.overlaps(master):
            yield finding(cluster, "privateClusterConfig.masterIpv4CidrBlock", f"overlaps {name} {used}")


def _said(cluster: Resource) -> Iterator[Finding]:
    """Texts that the API's document leaves open."""
    inputs = cluster["inputs"]
    if inputs.get("networkingMode", "VPC_NATIVE") not in ("VPC_NATIVE", "ROUTES"):
        yield finding(cluster, "networkingMode", f"{inputs['networkingMode']!r}")
    group = some(inputs.get("authenticatorGroupsConfig")).get("securityGroup")
    if group is not None and not re.fullmatch(r"gke-security-groups@[\w-]+(\.[\w-]+)+", str(group)):
        yield finding(
            cluster, "authenticatorGroupsConfig", f"{group!r}: the group is named gke-security-groups"
        )
    machine = some(inputs.get("nodeConfig")).get("machineType")
    if machine is not None and not facts.exists(str(machine)):
        yield finding(cluster, "nodeConfig.machineType", f"there is no machine type {machine!r}")
    for exclusion in members(some(inputs.get("maintenancePolicy")).get("maintenanceExclusions")):
        if _time(exclusion.get("startTime")) is None:
            yield finding(cluster, "maintenancePolicy.maintenanceExclusions", "starts at no time")


def _secured(stack: Declared, cluster: Resource) -> Iterator[Finding]:
    inputs = cluster["inputs"]
    pool = some(inputs.get("workloadIdentityConfig")).get("workloadPool")
    project = inputs.get("project") or stack.project
    if pool is None:
        yield finding(cluster, "workloadIdentityConfig", "no workload identity: pods would need keys")
    elif not is_unknown(pool) and not str(pool).endswith(".svc.id.goog"):
        yield finding(cluster, "workloadIdentityConfig.workloadPool", f"{pool!r} is no workload pool")
    elif not is_unknown(pool) and project and pool != f"{project}.svc.id.goog":
        yield finding(
            cluster, "workloadIdentityConfig.workloadPool", f"{pool} is not of the project {project}"
        )
    encryption = some(inputs.get("databaseEncryption"))
    if ("keyName" in encryption) != (
        encryption.get("state") in ("ENCRYPTED", "ALL_OBJECTS_ENCRYPTION_ENABLED")
    ):
        yield finding(cluster, "databaseEncryption", "a key and the state ENCRYPTED belong together")
    if inputs.get("enableLegacyAbac"):
        yield finding(cluster, "enableLegacyAbac", "grants by attributes, beside RBAC")
    certificate = some(some(inputs.get("masterAuth")).get("clientCertificateConfig"))
    if certificate.get("issueClientCertificate"):
        yield finding(cluster, "masterAuth", "a client certificate is a static key")
    if not isinstance(inputs.get("deletionProtection"), bool):
        yield finding(
            cluster, "deletionProtection", "must be said: the provider's default hinders every destroy"
        )
    if inputs.get("datapathProvider") == "ADVANCED_DATAPATH" and some(inputs.get("networkPolicy")).get(
        "enabled"
    ):
        yield finding(cluster, "networkPolicy", "dataplane v2 enforces policies itself")
    if inputs.get("removeDefaultNodePool") and inputs.get("initialNodeCount") != 1:
        yield finding(cluster, "initialNodeCount", "the default pool to be removed needs one node")
    if (
        not inputs.get("removeDefaultNodePool")
        and not inputs.get("enableAutopilot")
        and "nodePools" not in inputs
    ):
        yield finding(cluster, "removeDefaultNodePool", "a default node pool stays")


def _versions(cluster: Resource) -> Iterator[Finding]:
    inputs = cluster["inputs"]
    version = inputs.get("minMasterVersion")
    if version is not None and not VERSION.fullmatch(str(version)) and not is_unknown(version):
        yield finding(cluster, "minMasterVersion", f"{version!r} is no version, as 1.35 or 1.35.1-gke.100")
    policy = some(inputs.get("maintenancePolicy"))
    window = some(policy.get("recurringWindow"))
    if window and not RRULE.fullmatch(str(window.get("recurrence"))):
        yield finding(
            cluster, "maintenancePolicy.recurringWindow.recurrence", "no recurrence rule of RFC 5545"
        )
    if window:
        yield from _span(cluster, "recurringWindow", window)
    for exclusion in members(policy.get("maintenanceExclusions")):
        options = some(exclusion.get("exclusionOptions"))
        if options.get("endTimeBehavior") != "UNTIL_END_OF_SUPPORT" or "endTime" in exclusion:
            yield from _span(cluster, "maintenanceExclusions", exclusion)


def _span(cluster: Resource, path: str, span: Mapping[str, Any]) -> Iterator[Finding]:
    start, end = (_time(span.get(key)) for key in ("startTime", "endTime"))
    if start is None or end is None or end <= start:
        yield finding(cluster, f"maintenancePolicy.{path}", "start and end must be times, in this order")


def _time(value: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _subnetwork(stack: Declared, cluster: Resource) -> Resource | None:
    return stack.follow(cluster["inputs"].get("subnetwork"), SUBNETWORK)


def _ranges(stack: Declared, cluster: Resource) -> Iterator[Finding]:
    """The pods' and services' ranges exist, and hold as many nodes as the pools may have."""
    subnetwork = _subnetwork(stack, cluster)
    if subnetwork is None:
        return
    if subnetwork["inputs"].get("region") not in (None, place(cluster["inputs"].get("location"))):
        yield finding(cluster, "subnetwork", "is in another region")
    ranges = {
        one.get("rangeName"): _network(one.get("ipCidrRange"))
        for one in members(subnetwork["inputs"].get("secondaryIpRanges"))
    }
    policy = some(cluster["inputs"].get("ipAllocationPolicy"))
    for key in ("clusterSecondaryRangeName", "servicesSecondaryRangeName"):
        name = policy.get(key)
        if name is not None and not is_unknown(name) and name not in ranges:
            yield finding(cluster, f"ipAllocationPolicy.{key}", f"the subnetwork has no range {name!r}")
    pods = ranges.get(policy.get("clusterSecondaryRangeName"))
    needed = sum(_pod_addresses(cluster, pool) for pool in stack.of(POOL))
    if pods is not None and needed > pods.num_addresses:
        yield finding(cluster, "ipAllocationPolicy", f"{pods} is too small for {needed} addresses of pods")
    nodes = sum(bounds(pool)[1] or 0 for pool in stack.of(POOL))
    own = _network(subnetwork["inputs"].get("ipCidrRange"))
    if own is not None and nodes > own.num_addresses - 4:
        yield finding(cluster, "subnetwork", f"{own} is too small for {nodes} nodes")


def _pod_addresses(cluster: Resource, pool: Resource) -> int:
    """Each node takes a block of twice its pods, rounded up to a power of two."""
    given = pool["inputs"].get("maxPodsPerNode") or cluster["inputs"].get("defaultMaxPodsPerNode")
    pods = next(iter(numbers(given)), DEFAULT_PODS)
    return int(2 ** (2 * pods - 1).bit_length()) * (bounds(pool)[1] or 0)


def _network(value: Any) -> ipaddress.IPv4Network | None:
    try:
        return ipaddress.IPv4Network(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _used(stack: Declared, subnetwork: Resource | None) -> Iterator[tuple[str, ipaddress.IPv4Network]]:
    """Every range of a subnetwork."""
    if subnetwork is None:
        return
    inputs = subnetwork["inputs"]
    ranges = [("primary", inputs.get("ipCidrRange"))]
    ranges += [
        (one.get("rangeName"), one.get("ipCidrRange")) for one in members(inputs.get("secondaryIpRanges"))
    ]
    for name, text in ranges:
        if (network := _network(text)) is not None:
            yield f"{subnetwork['name']}/{name}", network


def _overlaps(stack: Declared) -> Iterator[Finding]:
    """Ranges are well formed, and those of one network are disjoint."""
    for subnetwork in stack.of(SUBNETWORK):
        blocks = [subnetwork["inputs"], *members(subnetwork["inputs"].get("secondaryIpRanges"))]
        for text in (one.get("ipCidrRange") for one in blocks):
            if text is not None and not is_unknown(text) and _network(text) is None:
                yield finding(subnetwork, "ipCidrRange", f"{text!r} is no range")
    for network in stack.of(NETWORK):
        inside = [
            one
            for one in stack.of(SUBNETWORK)
            if stack.follow(one["inputs"].get("network"), NETWORK) == network
        ]
        ranges = [(one, *used) for one in inside for used in _used(stack, one)]
        for (_, name, first), (owner, other, second) in combinations(ranges, 2):
            if first.overlaps(second):
                yield finding(owner, "ipCidrRange", f"{other} {second} overlaps {name} {first}")


def _firewall(firewall: Resource) -> Iterator[Finding]:
    inputs = firewall["inputs"]
    if ("allows" in inputs) == ("denies" in inputs):
        yield finding(firewall, "allows", "either allows or denies, one of them")
    for text in [*(inputs.get("sourceRanges") or []), *(inputs.get("destinationRanges") or [])]:
        if not is_unknown(text) and ":" not in text and _network(text) is None:
            yield finding(firewall, "sourceRanges", f"{text!r} is no range")
    for rule in [*members(inputs.get("allows")), *members(inputs.get("denies"))]:
        if str(rule.get("protocol")) not in PROTOCOLS and not str(rule.get("protocol")).isdigit():
            yield finding(firewall, "allows", f"{rule.get('protocol')!r} is no protocol")
    inward = inputs.get("direction", "INGRESS") == "INGRESS" and "allows" in inputs
    if inward and "0.0.0.0/0" in (inputs.get("sourceRanges") or []):
        yield finding(firewall, "sourceRanges", "lets in the whole internet")
