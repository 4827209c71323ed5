"""Shapes of texts: ARNs, identifiers, names, ranges of addresses, zones, regions."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from itertools import combinations
from typing import Any

from reference.aws import machines
from reference.aws.declared import PROVIDER, SUBNET, VPC, Declared, finding
from reference.common import Finding, Resource, is_unknown, references, texts

_ARN = r"arn:aws[\w-]*"
_ROLE = re.compile(rf"{_ARN}:iam::\d{{12}}:role/[\w+=,.@/-]+")
_KEY = re.compile(rf"{_ARN}:kms:[a-z0-9-]+:\d{{12}}:(key/[\w-]+|alias/[\w/-]+)")
ARNS = {
    "iamRoleArn": _ROLE,
    "keyArn": _KEY,
    "kmsKeyArn": _KEY,
    "nodeRoleArn": _ROLE,
    "permissionsBoundary": re.compile(rf"{_ARN}:iam::(\d{{12}}|aws):policy/[\w+=,.@/-]+"),
    "queueArn": re.compile(rf"{_ARN}:sqs:[a-z0-9-]+:\d{{12}}:[\w.-]+"),
    "roleArn": _ROLE,
    "serviceAccountRoleArn": _ROLE,
    "targetRoleArn": _ROLE,
}
"""Property -> the ARN of the service and kind that it takes: service authorization reference, resource types."""

_HEX = "(?:[0-9a-f]{8}|[0-9a-f]{17})"
IDS = {
    "vpcId": re.compile(f"vpc-{_HEX}"),
    "subnetId": re.compile(f"subnet-{_HEX}"),
    "subnetIds": re.compile(f"subnet-{_HEX}"),
    "securityGroupId": re.compile(f"sg-{_HEX}"),
    "securityGroupIds": re.compile(f"sg-{_HEX}"),
    "vpcSecurityGroupIds": re.compile(f"sg-{_HEX}"),
    "referencedSecurityGroupId": re.compile(rf"(\d{{12}}/)?sg-{_HEX}"),
    "securityGroups": re.compile(f"sg-{_HEX}"),
    "routeTableId": re.compile(f"rtb-{_HEX}"),
    "routeTableIds": re.compile(f"rtb-{_HEX}"),
    "natGatewayId": re.compile(f"nat-{_HEX}"),
    "allocationId": re.compile(f"eipalloc-{_HEX}"),
    "capacityReservationId": re.compile(f"cr-{_HEX}"),
    "imageId": re.compile(f"ami-{_HEX}"),
    "fileSystemId": re.compile(f"fs-{_HEX}"),
}
"""Property -> the identifier, where it is written down instead of referred to."""

SHAPES = {**ARNS, **IDS}

LENGTHS = {
    "aws:cloudwatch/eventRule:EventRule": ("name", 64, r"[\w.-]+"),
    "aws:ec2/launchTemplate:LaunchTemplate": ("name", 128, r"[\w().\-/]{3,}"),
    "aws:ec2/placementGroup:PlacementGroup": ("name", 255, r"[\x20-\x7e]+"),
    "aws:eks/cluster:Cluster": ("name", 100, r"[0-9A-Za-z][A-Za-z0-9_-]*"),
    "aws:eks/nodeGroup:NodeGroup": ("nodeGroupName", 63, r"[0-9A-Za-z][A-Za-z0-9_-]*"),
    "aws:iam/policy:Policy": ("name", 128, r"[\w+=,.@-]+"),
    "aws:iam/role:Role": ("name", 64, r"[\w+=,.@-]+"),
    "aws:kms/alias:Alias": ("name", 256, r"alias/(?!aws/)[\w/-]+"),
    "aws:s3/bucket:Bucket": ("bucket", 63, r"(?!xn--|sthree-)[a-z0-9][a-z0-9.-]+[a-z0-9](?<!-s3alias)"),
    "aws:sqs/queue:Queue": ("name", 80, r"[\w-]+(\.fifo)?"),
}
"""Type -> property with the name, most characters, pattern: each service's API reference."""

_PREFIX = re.compile(r"\$\{[^}]*\}")


def check(stack: Declared) -> list[Finding]:
    """Every rule on texts."""
    found: list[Finding] = []
    for resource in stack.resources:
        if resource["type"].startswith("aws:"):
            found += [*_name(resource), *_identifiers(resource, resource["inputs"], ""), *_tags(resource)]
            found += [*_foreign_regions(stack, resource)]
    for provider in stack.of(PROVIDER):
        region = provider["inputs"].get("region", "")
        if not is_unknown(region) and region not in machines.regions():
            found.append(finding(provider, "region", f"there is no region {region!r}"))
    return [*found, *_networks(stack)]


def _name(resource: Resource) -> Iterator[Finding]:
    key, most, pattern = LENGTHS.get(resource["type"], ("", 0, ""))
    name = resource["inputs"].get(key)
    if not isinstance(name, str) or references(name):
        return
    if len(name) > most:
        yield finding(resource, key, f"{len(name)} characters, at most {most}")
    if not re.fullmatch(pattern, name, re.ASCII):
        yield finding(resource, key, f"{name!r} does not match {pattern}")


def _identifiers(resource: Resource, value: Any, path: str) -> Iterator[Finding]:
    """Identifiers that are written down have their kind's shape."""
    if isinstance(value, dict):
        for key, part in value.items():
            where = f"{path}.{key}" if path else key
            if (pattern := SHAPES.get(key)) is not None:
                yield from _identifier(resource, part, pattern, where)
            yield from _identifiers(resource, part, where)
    elif isinstance(value, list):
        for index, part in enumerate(value):
            yield from _identifiers(resource, part, f"{path}[{index}]")


def _identifier(resource: Resource, value: Any, pattern: re.Pattern[str], path: str) -> Iterator[Finding]:
    for one in value if isinstance(value, list) else [value]:
        if isinstance(one, str) and not is_unknown(one) and not pattern.fullmatch(one):
            yield finding(resource, path, f"{one!r} is no {pattern.pattern}")


def _tags(resource: Resource) -> Iterator[Finding]:
    """EC2 user guide, tag restrictions."""
    tags = resource["inputs"].get("tags")
    if not isinstance(tags, dict):
        return
    if len(tags) > 50:
        yield finding(resource, "tags", f"{len(tags)} tags, at most 50")
    for key, value in tags.items():
        if key.lower().startswith("aws:"):
            yield finding(resource, f"tags.{key}", "the prefix aws: is kept for AWS")
        if not 1 <= len(key) <= 128 or (isinstance(value, str) and len(_PREFIX.sub("", value)) > 256):
            yield finding(resource, f"tags.{key}", "a key has at most 128 characters, a value 256")


def _foreign_regions(stack: Declared, resource: Resource) -> Iterator[Finding]:
    """An ARN, an endpoint's service or a zone that is written down lies in the stack's region."""
    if stack.region is None:
        return
    for path, text in texts(resource["inputs"]):
        for found in re.finditer(r"\b[a-z]{2}(?:-[a-z]+){1,2}-\d\b(?=[a-z]?\b|:)", text):
            if found[0] != stack.region and found[0] in machines.regions():
                yield finding(resource, path, f"{text!r} is of {found[0]}, the stack is in {stack.region}")
    zone = resource["inputs"].get("availabilityZone")
    known = machines.zones(stack.region)
    if isinstance(zone, str) and not is_unknown(zone) and known and zone not in known:
        yield finding(resource, "availabilityZone", f"{stack.region} has no zone {zone!r}")


def _networks(stack: Declared) -> Iterator[Finding]:
    """Subnets lie in their network and apart from each other; sizes as EC2 allows."""
    placed: dict[str, list[tuple[Resource, ipaddress.IPv4Network]]] = {}
    for one in stack.of(VPC, SUBNET):
        text = one["inputs"].get("cidrBlock")
        if not isinstance(text, str) or is_unknown(text):
            continue
        try:
            block = ipaddress.IPv4Network(text)
        except ValueError as error:
            yield finding(one, "cidrBlock", str(error))
            continue
        if not 16 <= block.prefixlen <= 28:
            yield finding(one, "cidrBlock", f"/{block.prefixlen} is not between /16 and /28")
        if one["type"] == SUBNET and (vpc := stack.follow(one["inputs"].get("vpcId"))):
            placed.setdefault(vpc["name"], []).append((one, block))
            yield from _inside(one, block, vpc)
    for subnets in placed.values():
        for (first, a), (second, b) in combinations(subnets, 2):
            if a.overlaps(b):
                yield finding(second, "cidrBlock", f"{b} overlaps {a} of {first['name']}")


def _inside(subnet: Resource, block: ipaddress.IPv4Network, vpc: Resource) -> Iterator[Finding]:
    try:
        whole = ipaddress.IPv4Network(vpc["inputs"].get("cidrBlock", ""))
    except ValueError:
        return  # the network's own finding
    if not block.subnet_of(whole):
        yield finding(subnet, "cidrBlock", f"{block} does not lie in {whole}")
