"""Security groups of file systems: who talks to whom, and on which ports.

A group that is made here has no rule of its own for what goes out, as the provider makes groups
(github.com/hashicorp/terraform-provider-aws, resource aws_security_group, "NOTE on Egress rules").
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi_aws import ec2, vpc

from fairlead.targets.aws.spelling import MANAGED

NFS = (2049, 2049)
LUSTRE = ((988, 988), (1018, 1023))
"""File servers talk to each other and to clients on these, either side may begin.

https://docs.aws.amazon.com/fsx/latest/LustreGuide/limit-access-security-groups.html, 2026-11-29
"""


Way = tuple[pulumi.Input[str], pulumi.Input[str]]
"""The group that has the rule, and the one that it is about."""


@dataclass(frozen=True)
class Place:
    """Where file systems stand, and who uses them."""

    platform: str
    vpc: pulumi.Input[str]
    nodes: pulumi.Output[str]
    """Security group of the nodes: the clients. EKS lets out of it whatever wants to go."""
    opts: pulumi.ResourceOptions


def of_nfs(place: Place, purpose: str) -> pulumi.Output[str]:
    """A group that nodes reach by NFS; only answers go out."""
    group = _group(place, purpose)
    _in(place, f"{purpose}-{NFS[0]}", (group, place.nodes), NFS, "From the nodes")
    return group


def of_lustre(place: Place, purpose: str) -> tuple[pulumi.Output[str], list[pulumi.Resource]]:
    """A group for the servers of a Lustre file system, and its rules, without which FSx makes none."""
    group = _group(place, purpose)
    rules: list[pulumi.Resource] = []
    for ports in LUSTRE:
        end = ports[0]
        rules += [
            _in(place, f"{purpose}-{end}", (group, place.nodes), ports, "From the nodes"),
            _in(place, f"{purpose}-servers-{end}", (group, group), ports, "From the other file servers"),
            _in(place, f"{purpose}-back-{end}", (place.nodes, group), ports, "From the file servers"),
            _out(place, f"{purpose}-nodes-{end}", (group, place.nodes), ports, "To the nodes"),
            _out(place, f"{purpose}-servers-{end}", (group, group), ports, "To the other file servers"),
        ]
    return group, rules


def _group(place: Place, purpose: str) -> pulumi.Output[str]:
    name = f"{place.platform}-{purpose}"
    return ec2.SecurityGroup(
        name,
        ec2.SecurityGroupArgs(
            description=f"File system {purpose}, reached from the nodes",
            vpc_id=place.vpc,
            tags={"Name": name, MANAGED: place.platform},
        ),
        place.opts,
    ).id


def _in(place: Place, name: str, ways: Way, ports: tuple[int, int], why: str) -> pulumi.Resource:
    args = vpc.SecurityGroupIngressRuleArgs(**_tcp(ways, ports, why))
    return vpc.SecurityGroupIngressRule(f"{place.platform}-{name}", args, place.opts)


def _out(place: Place, name: str, ways: Way, ports: tuple[int, int], why: str) -> pulumi.Resource:
    args = vpc.SecurityGroupEgressRuleArgs(**_tcp(ways, ports, why))
    return vpc.SecurityGroupEgressRule(f"{place.platform}-{name}", args, place.opts)


def _tcp(ways: Way, ports: tuple[int, int], why: str) -> dict[str, Any]:
    """What both directions' rules say."""
    group, other = ways
    return {
        "security_group_id": group,
        "referenced_security_group_id": other,
        "description": why,
        "ip_protocol": "tcp",
        "from_port": ports[0],
        "to_port": ports[1],
    }
