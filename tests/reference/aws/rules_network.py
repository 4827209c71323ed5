"""Rules of networks: routes, endpoints, security groups, and which subnets nodes may lie in."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from typing import Any

from reference.aws import iam_documents, machines
from reference.aws.declared import CLUSTER, LAUNCH_TEMPLATE, NODE_GROUP, SUBNET, VPC, Declared, finding
from reference.common import Finding, Resource, is_unknown

ROUTE = "aws:ec2/route:Route"
ASSOCIATION = "aws:ec2/routeTableAssociation:RouteTableAssociation"
ENDPOINT = "aws:ec2/vpcEndpoint:VpcEndpoint"
INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
EGRESS = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
NAT = "aws:ec2/natGateway:NatGateway"

_DESTINATIONS = ("destinationCidrBlock", "destinationIpv6CidrBlock", "destinationPrefixListId")
_TARGETS = (
    "gatewayId",
    "natGatewayId",
    "egressOnlyGatewayId",
    "networkInterfaceId",
    "transitGatewayId",
    "vpcEndpointId",
    "vpcPeeringConnectionId",
    "carrierGatewayId",
    "localGatewayId",
    "coreNetworkArn",
)
_SOURCES = ("cidrIpv4", "cidrIpv6", "prefixListId", "referencedSecurityGroupId")
_GATEWAYS = ("s3", "dynamodb")
_ENDPOINTS_APART = ("ecr.api", "ecr.dkr", "monitoring")
"""Endpoint services whose name is no prefix of IAM."""


def check(stack: Declared) -> list[Finding]:
    """Every rule on networks."""
    found: list[Finding] = []
    for route in stack.of(ROUTE):
        found += _route(route)
    for endpoint in stack.of(ENDPOINT):
        found += _endpoint(stack, endpoint)
    for cluster in stack.of(CLUSTER):
        found += _doors(stack, cluster)
    if any(stack.of(CLUSTER)):
        for vpc in stack.of(VPC):
            found += _named_hosts(vpc)
    for rule in stack.of(INGRESS, EGRESS):
        found += _rule(rule)
    for nat in stack.of(NAT):
        found += _nat(stack, nat)
    for group in stack.of(NODE_GROUP):
        found += _private(stack, group)
    for template in stack.of(LAUNCH_TEMPLATE):
        found += _fabric(stack, template)
    return found


def _doors(stack: Declared, cluster: Resource) -> Iterator[Finding]:
    """The cluster's own group holds the nodes too: a range is let in to the API server's port and no other.

    EKS user guide, "Cluster API server endpoint", "Accessing a private only API server".
    """
    for rule in stack.of(INGRESS):
        inputs = rule["inputs"]
        ranges = [inputs[key] for key in ("cidrIpv4", "cidrIpv6") if key in inputs]
        if not ranges or stack.follow(inputs.get("securityGroupId")) is not cluster:
            continue
        if (inputs.get("ipProtocol"), inputs.get("fromPort"), inputs.get("toPort")) != ("tcp", 443, 443):
            yield finding(rule, "fromPort", f"lets {ranges[0]} in to more than the API server")
        if ranges[0] == "::/0":
            yield finding(rule, "cidrIpv6", "lets the whole internet in")


def _one_of(resource: Resource, keys: tuple[str, ...], what: str) -> Iterator[Finding]:
    given = [key for key in keys if resource["inputs"].get(key) is not None]
    if len(given) != 1:
        yield finding(resource, given[0] if given else "", f"has {len(given)} {what}: {', '.join(keys)}")


def _cidr(resource: Resource, key: str) -> Iterator[Finding]:
    value = resource["inputs"].get(key)
    if isinstance(value, str) and not is_unknown(value):
        try:
            ipaddress.ip_network(value)
        except ValueError as error:
            yield finding(resource, key, str(error))


def _route(route: Resource) -> Iterator[Finding]:
    yield from _one_of(route, _DESTINATIONS, "destinations")
    yield from _one_of(route, _TARGETS, "targets")
    yield from _cidr(route, "destinationCidrBlock")


def _endpoint(stack: Declared, endpoint: Resource) -> Iterator[Finding]:
    inputs = endpoint["inputs"]
    name, kind = inputs.get("serviceName", ""), inputs.get("vpcEndpointType", "Gateway")
    if is_unknown(name):
        return
    service = name.removeprefix(f"com.amazonaws.{stack.region}.")
    if service == name or not (service in _ENDPOINTS_APART or iam_documents.is_service(service)):
        yield finding(endpoint, "serviceName", f"{name!r} is no service of {stack.region}")
    if kind == "Gateway" and (service not in _GATEWAYS or inputs.get("subnetIds")):
        yield finding(endpoint, "vpcEndpointType", f"{name} has no gateway, or a gateway has no subnets")
    if kind == "Interface" and (not inputs.get("subnetIds") or inputs.get("routeTableIds")):
        yield finding(endpoint, "subnetIds", "an interface lies in subnets and takes no route tables")


def _named_hosts(vpc: Resource) -> Iterator[Finding]:
    """EKS user guide, "View Amazon EKS networking requirements": nodes cannot register without both."""
    for key in ("enableDnsSupport", "enableDnsHostnames"):
        if vpc["inputs"].get(key, key == "enableDnsSupport") is not True:
            yield finding(vpc, key, "nodes cannot find their cluster without it")


def _rule(rule: Resource) -> Iterator[Finding]:
    inputs = rule["inputs"]
    yield from _one_of(rule, _SOURCES, "sources")
    yield from _cidr(rule, "cidrIpv4")
    protocol, low, high = inputs.get("ipProtocol"), inputs.get("fromPort"), inputs.get("toPort")
    if protocol not in ("-1", "tcp", "udp", "icmp", "icmpv6"):
        yield finding(rule, "ipProtocol", f"{protocol!r} is none of -1, tcp, udp, icmp, icmpv6")
    if protocol == "-1" and (low is not None or high is not None):
        yield finding(rule, "fromPort", "all protocols have no ports")
    if protocol in ("tcp", "udp"):
        if not (isinstance(low, int) and isinstance(high, int)):
            yield finding(rule, "fromPort", f"{protocol} needs its ports")
        elif not 0 <= low <= high <= 65535:
            yield finding(rule, "fromPort", f"ports {low} to {high}")
    if rule["type"] == INGRESS and inputs.get("cidrIpv4") == "0.0.0.0/0":
        yield finding(rule, "cidrIpv4", "lets the whole internet in")


def _default_route(stack: Declared, subnet: Resource) -> Resource | None:
    """The route to everywhere of the table that a subnet is associated with."""
    for association in stack.of(ASSOCIATION):
        if stack.follow(association["inputs"].get("subnetId")) is subnet:
            table = stack.follow(association["inputs"].get("routeTableId"))
            for route in stack.of(ROUTE):
                to = route["inputs"].get("destinationCidrBlock")
                if to == "0.0.0.0/0" and stack.follow(route["inputs"].get("routeTableId")) is table:
                    return route
    return None


def _nat(stack: Declared, nat: Resource) -> Iterator[Finding]:
    subnet = stack.follow(nat["inputs"].get("subnetId"))
    if subnet is None or subnet["type"] != SUBNET or nat["inputs"].get("connectivityType") == "private":
        return
    route = _default_route(stack, subnet)
    if route is None or "gatewayId" not in route["inputs"]:
        yield finding(nat, "subnetId", f"{subnet['name']} has no route to an internet gateway")


def _private(stack: Declared, group: Resource) -> Iterator[Finding]:
    for index, given in enumerate(group["inputs"].get("subnetIds") or ()):
        subnet = stack.follow(given)
        if subnet is None or subnet["type"] != SUBNET:
            continue
        route = _default_route(stack, subnet)
        if subnet["inputs"].get("mapPublicIpOnLaunch") or (route and "gatewayId" in route["inputs"]):
            yield finding(group, f"subnetIds[{index}]", f"{subnet['name']} is public")
        elif route is None and any(stack.of(NAT)):
            yield finding(group, f"subnetIds[{index}]", f"{subnet['name']} has no way out")


def _fabric(stack: Declared, template: Resource) -> Iterator[Finding]:
    """EFA needs a security group that lets everything in from itself and out to itself.

    EC2 user guide, "Get started with EFA", step 1.
    """
    for index, one in enumerate(template["inputs"].get("networkInterfaces") or ()):
        if one.get("interfaceType") in machines.EFA_TYPES:
            groups = [stack.follow(group) for group in one.get("securityGroups") or ()]
            if not any(group and _to_itself(stack, group) for group in groups):
                path = f"networkInterfaces[{index}].securityGroups"
                yield finding(template, path, "none of them lets EFA talk to itself, in and out")
                return


def _to_itself(stack: Declared, group: Resource) -> bool:
    return all(
        any(_opens(stack, group, rule) for rule in stack.of(kind)) for kind in (INGRESS, EGRESS)
    ) or all(
        any(one.get("self") and str(one.get("protocol")) == "-1" for one in group["inputs"].get(key) or ())
        for key in ("ingress", "egress")
    )


def _opens(stack: Declared, group: Resource, rule: Resource) -> bool:
    inputs: dict[str, Any] = rule["inputs"]
    return (
        inputs.get("ipProtocol") == "-1"
        and stack.follow(inputs.get("securityGroupId")) is group
        and stack.follow(inputs.get("referencedSecurityGroupId")) is group
    )


def vpc_blocks(stack: Declared) -> list[ipaddress.IPv4Network]:
    """The address ranges of the declared networks, where they are well formed."""
    blocks: list[ipaddress.IPv4Network] = []
    for vpc in stack.of(VPC):
        try:
            blocks.append(ipaddress.IPv4Network(vpc["inputs"].get("cidrBlock", "")))
        except ValueError:
            continue  # rules_names says so
    return blocks
