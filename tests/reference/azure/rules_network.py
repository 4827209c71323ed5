"""Rules of networks: ranges inside ranges, room for nodes, ways out, private endpoints and their names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from reference.azure import facts
from reference.azure.rules_cluster import at, network
from reference.azure.rules_pools import sits_on
from reference.azure.stack import Stack, wrong
from reference.common import Finding, Resource

RESERVED = 5
"""Addresses that Azure keeps in each subnet, as karpenter-provider-azure 1.14.2 counts them."""

_ENDPOINTS = {
    "storage:StorageAccount": {
        kind: rf"privatelink\.{kind}\.core\.windows\.net"
        for kind in ("blob", "file", "dfs", "queue", "table")
    },
    "keyvault:Vault": {"vault": r"privatelink\.vaultcore\.azure\.net"},
    "dbforpostgresql:Server": {"postgresqlServer": r"privatelink\.postgres\.database\.azure\.com"},
    "containerservice:ManagedCluster": {"management": r"privatelink\.\w+\.azmk8s\.io"},
}
"""What of a service a private endpoint reaches -> its private zone."""


_TAGS, _TAG_KEY, _TAG_VALUE = 50, 512, 256
_TAG_REFUSED = frozenset("<>%&\\?/")
"""Limits of tags (MicrosoftDocs/azure-docs, azure-resource-manager/management/tag-resources.md)."""


def check(stack: Stack) -> Iterator[Finding]:
    """What the rules have against the networks, and against the places and tags of everything."""
    yield from _places(stack)
    yield from _tags(stack)
    yield from _subnets(stack)
    yield from _ways_out(stack)
    for one in stack.of("network:NetworkSecurityGroup"):
        yield from _security_rules(one)
    for one in stack.of("network:PrivateEndpoint"):
        yield from _endpoint(one, stack)
    for one in stack.of("storagecache:AmlFilesystem"):
        subnet = stack.behind(one["inputs"].get("filesystemSubnet"))
        ends = [stack.behind(at(end["inputs"], "subnet.id")) for end in stack.of("network:PrivateEndpoint")]
        nodes = [stack.behind(pool.inputs.get("vnetSubnetID")) for pool in stack.pools()]
        if subnet is not None and any(other is subnet for other in [*ends, *nodes]):
            yield wrong(one, "filesystemSubnet", "a parallel file system has a subnet of its own")
    for one in stack.of("privatedns:PrivateZone"):
        if not stack.users("privatedns:VirtualNetworkLink", "privateZoneName", one):
            yield wrong(one, "", "no network asks this private zone")


def _places(stack: Stack) -> Iterator[Finding]:
    """Everything is in a region that exists, and in the same one; private zones are global."""
    home = {one["inputs"].get("location") for one in stack.of("containerservice:ManagedCluster")} - {None}
    for one in stack.resources:
        location = one["inputs"].get("location")
        if not one["type"].startswith("azure-native:") or location is None:
            continue
        if one["type"].startswith("azure-native:privatedns:"):
            if location.lower() != "global":
                yield wrong(one, "location", f"private zones are global, not in {location!r}")
        elif location not in facts.zones():
            yield wrong(one, "location", f"Azure has no region {location!r}", facts.SIZES)
        elif home and location not in home:
            yield wrong(one, "location", f"{location!r} is not the cluster's region")
        for index, zone in enumerate(one["inputs"].get("zones") or ()):
            if zone not in facts.zones().get(location, ()):
                yield wrong(one, f"zones[{index}]", f"{location!r} has no zone {zone!r}", facts.SIZES)


def _tags(stack: Stack) -> Iterator[Finding]:
    for one in stack.resources:
        tags = one["inputs"].get("tags")
        if not one["type"].startswith("azure-native:") or not isinstance(tags, dict):
            continue
        if len(tags) > _TAGS:
            yield wrong(one, "tags", f"{len(tags)} tags, Azure takes {_TAGS}")
        for key, value in tags.items():
            if len(key) > _TAG_KEY or len(str(value)) > _TAG_VALUE or _TAG_REFUSED & set(key):
                yield wrong(one, f"tags.{key}", "no tag that Azure takes")


def prefixes(one: Resource) -> list[Any]:
    """Address ranges of a subnet."""
    inputs = one["inputs"]
    texts = inputs.get("addressPrefixes") or [inputs.get("addressPrefix")]
    return [network(text) for text in texts]


def _subnets(stack: Stack) -> Iterator[Finding]:
    for one in stack.of("network:VirtualNetwork"):
        if not at(one["inputs"], "addressSpace.addressPrefixes"):
            yield wrong(one, "addressSpace", "a network without addresses")
    seen: list[tuple[Resource, Any]] = []
    for one in stack.of("network:Subnet"):
        vnet = stack.behind(one["inputs"].get("virtualNetworkName"))
        around = (
            [network(text) for text in at(vnet["inputs"], "addressSpace.addressPrefixes") or ()]
            if vnet
            else []
        )
        for mine in prefixes(one):
            if mine is None:
                yield wrong(one, "addressPrefix", "no address range")
                continue
            if around and not any(outer and mine.subnet_of(outer) for outer in around):
                yield wrong(one, "addressPrefix", f"{mine} is not in {', '.join(map(str, around))}")
            for other, theirs in seen:
                if mine.overlaps(theirs):
                    yield wrong(one, "addressPrefix", f"{mine} overlaps {theirs} of {other['name']}")
            seen.append((one, mine))
        yield from _room(one, stack)
        yield from _services(one)


def _services(one: Resource) -> Iterator[Finding]:
    """A service that subnets reach directly is named after a namespace of Azure's."""
    for index, endpoint in enumerate(one["inputs"].get("serviceEndpoints") or ()):
        if str(endpoint.get("service")).removesuffix(".Global") not in facts.namespaces():
            yield wrong(
                one,
                f"serviceEndpoints[{index}].service",
                f"no service {endpoint.get('service')!r}",
                facts.ROLES,
            )


def _room(one: Resource, stack: Stack) -> Iterator[Finding]:
    nodes = sum(pool.largest for pool in stack.pools() if sits_on(pool, one["name"]))
    room = sum(mine.num_addresses - RESERVED for mine in prefixes(one) if mine)
    if nodes > room:
        yield wrong(one, "addressPrefix", f"room for {room} addresses, the pools on it have {nodes} nodes")


def _ways_out(stack: Stack) -> Iterator[Finding]:
    for cluster in stack.of("containerservice:ManagedCluster"):
        kind = at(cluster["inputs"], "networkProfile.outboundType")
        for pool in stack.pools():
            subnet = stack.behind(pool.inputs.get("vnetSubnetID")) if pool.cluster is cluster else None
            if subnet is None:
                continue
            if kind == "userAssignedNATGateway" and not at(subnet["inputs"], "natGateway.id"):
                yield wrong(subnet, "natGateway", f"nodes of {cluster['name']} have no way out")
            if kind == "userDefinedRouting" and not at(subnet["inputs"], "routeTable.id"):
                yield wrong(subnet, "routeTable", f"nodes of {cluster['name']} have no way out")
    for one in stack.of("network:NatGateway"):
        if not one["inputs"].get("publicIpAddresses") and not one["inputs"].get("publicIpPrefixes"):
            yield wrong(one, "publicIpAddresses", "a NAT gateway without an address")
        for address in one["inputs"].get("publicIpAddresses") or ():
            yield from _address(stack.behind(address.get("id")), one)


def _address(one: Resource | None, gateway: Resource) -> Iterator[Finding]:
    if one is None:
        return
    if at(one["inputs"], "sku.name") != at(gateway["inputs"], "sku.name"):
        yield wrong(one, "sku.name", "a NAT gateway and its addresses are of the same SKU")
    if one["inputs"].get("publicIPAllocationMethod") != "Static":
        yield wrong(one, "publicIPAllocationMethod", "the address of a NAT gateway is static")


def _security_rules(one: Resource) -> Iterator[Finding]:
    seen: set[tuple[Any, Any]] = set()
    for index, rule in enumerate(one["inputs"].get("securityRules") or ()):
        path, key = f"securityRules[{index}]", (rule.get("direction"), rule.get("priority"))
        if key in seen:
            yield wrong(one, f"{path}.priority", f"a second {key[0]} rule of priority {key[1]}")
        seen.add(key)
        if not isinstance(key[1], int) or not 100 <= key[1] <= 4096:
            yield wrong(one, f"{path}.priority", f"{key[1]!r} is not within 100 to 4096")
        anyone = rule.get("sourceAddressPrefix") in ("*", "Internet", "0.0.0.0/0")
        if anyone and rule.get("direction") == "Inbound" and rule.get("access") == "Allow":
            yield wrong(one, path, "lets the whole internet in")


def _endpoint(one: Resource, stack: Stack) -> Iterator[Finding]:
    zones = {
        str(zone["inputs"].get("privateZoneName"))
        for group in stack.users("network:PrivateDnsZoneGroup", "privateEndpointName", one)
        for config in group["inputs"].get("privateDnsZoneConfigs") or ()
        if (zone := stack.behind(config.get("privateDnsZoneId")))
    }
    for index, link in enumerate(one["inputs"].get("privateLinkServiceConnections") or ()):
        path = f"privateLinkServiceConnections[{index}].groupIds"
        service = stack.behind(link.get("privateLinkServiceId"))
        known = _ENDPOINTS.get(service["type"].removeprefix("azure-native:"), {}) if service else {}
        groups = link.get("groupIds") or []
        if len(groups) != 1 or (known and groups[0] not in known):
            yield wrong(one, path, f"{groups} is none of {', '.join(known)}")
        elif service and service["inputs"].get("kind") == "FileStorage" and groups != ["file"]:
            yield wrong(one, path, f"{service['name']} has files only")
        elif known and not any(re.fullmatch(known[groups[0]], zone) for zone in zones):
            yield wrong(one, path, f"nobody finds it: none of its zones is {known[groups[0]]}")
