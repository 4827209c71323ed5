"""Rules about networks: what comes in from outside, and whether anybody sees it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fairlead.rules.aws_links import lacks, of
from fairlead.rules.aws_values import entries
from fairlead.rules.model import Data, Flaw, ResourceRule, Subject, Whole, WholeRule
from fairlead.rules.settings import Ask, holds, is_known, is_world, listed, sets

GROUP = "aws:ec2/securityGroup:SecurityGroup"
DEFAULT = "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup"
RULE = "aws:ec2/securityGroupRule:SecurityGroupRule"
INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
VPC = "aws:ec2/vpc:Vpc"
FLOW_LOG = "aws:ec2/flowLog:FlowLog"
SUBNET = "aws:ec2/subnet:Subnet"
RANGES = ("cidrBlocks", "ipv6CidrBlocks")

_PRIVATE = Ask(
    "mapPublicIpOnLaunch",
    (False,),
    "every machine in it gets an address that the Internet reaches",
    default=False,
)


def _open(subject: Subject) -> Iterator[Flaw]:
    for path, address, rule in _sources(subject):
        if is_world(address):
            what = f"{_ports(rule)} open to the whole Internet"
            allowed = "ranges that you know, or a security group"
            yield Flaw(
                path, what, str(address), allowed, "name who may come in, or put a load balancer before it"
            )


def _sources(subject: Subject) -> Iterator[tuple[str, Any, Data]]:
    """(path, range, the rule) of all that may come in."""
    inputs = subject.inputs
    if subject.type == INGRESS:
        yield from ((key, inputs.get(key), inputs) for key in ("cidrIpv4", "cidrIpv6"))
    elif subject.type == RULE:
        if inputs.get("type") == "ingress":
            yield from ((f"{key}[{at}]", one, inputs) for key in RANGES for at, one in _each(inputs, key))
    else:
        for place, rule in entries(inputs.get("ingress")):
            for key in RANGES:
                yield from ((f"ingress[{place}].{key}[{at}]", one, rule) for at, one in _each(rule, key))


def _each(rule: Data, key: str) -> Iterator[tuple[int, Any]]:
    yield from enumerate(listed(rule.get(key)))


def _ports(rule: Data) -> str:
    first, last = rule.get("fromPort"), rule.get("toPort")
    if str(rule.get("protocol", rule.get("ipProtocol"))) == "-1" or first in (None, -1):
        return "every port is"
    return f"port {first} is" if first == last else f"ports {first} to {last} are"


def _default_group(whole: Whole) -> Iterator[Flaw]:
    groups = list(whole.of(DEFAULT))
    for vpc in whole.of(VPC):
        if lacks(groups, vpc, "vpcId"):
            what = "its default security group lets its members talk to each other, and out"
            fix = "declare aws.ec2.DefaultSecurityGroup for it, without rules"
            yield Flaw("", what, "not declared", "one without rules", fix, vpc)
        for one in of(groups, vpc, "vpcId"):
            for key in ("ingress", "egress"):
                if listed(one.get(key)):
                    what = "what names no security group gets this one, and what it lets through"
                    yield Flaw(key, what, "rules", "none", "make a group of its own for what needs it", one)


def _flow_logs(whole: Whole) -> Iterator[Flaw]:
    logs = list(whole.of(FLOW_LOG))
    for vpc in whole.of(VPC):
        if lacks(logs, vpc, "vpcId"):
            fix = "declare aws.ec2.FlowLog for it, with traffic_type ALL or REJECT"
            yield Flaw("", "nobody sees who talked to whom in it", "no flow log", "one", fix, vpc)
        for one in of(logs, vpc, "vpcId"):
            given = one.get("trafficType")
            if is_known(given) and given == "ACCEPT":
                what = "what was turned away is not written down"
                yield Flaw("trafficType", what, given, "ALL or REJECT", "set it to ALL", one)


RULES = (
    ResourceRule(
        id="aws-ingress-closed",
        title="Security groups let nothing in from the whole Internet",
        reason="What is open to 0.0.0.0/0 is found within minutes and tried without end; a range that you know is not.",
        level="mandatory",
        references=(
            "AWS FSBP EC2.18",
            "AWS FSBP EC2.19",
            "CIS-AWS 5.0.0 5.3",
            "CIS-AWS 5.0.0 5.4",
            "NSA 1.2 Network separation and hardening",
        ),
        types=(GROUP, RULE, INGRESS),
        check=_open,
    ),
    WholeRule(
        id="aws-default-group-closed",
        title="The default security group of a network lets nothing through",
        reason="What names no security group lands in it: what it lets through is let through by oversight.",
        level="mandatory",
        references=("AWS FSBP EC2.2", "CIS-AWS 5.0.0 5.5"),
        looks_at="resources",
        check=_default_group,
    ),
    WholeRule(
        id="aws-network-flow-logs",
        title="A network writes down who talked to whom",
        reason="Without flow logs nobody finds out afterwards where data went, or what was tried before.",
        level="mandatory",
        references=(
            "AWS FSBP EC2.6",
            "CIS-AWS 5.0.0 3.7",
            "NSA 1.2 Audit logging and threat detection",
        ),
        looks_at="resources",
        check=_flow_logs,
    ),
    ResourceRule(
        id="aws-subnet-private",
        title="Subnets give machines no public addresses",
        reason="In such a subnet every machine is on the Internet, also one that nobody meant to be there.",
        level="mandatory",
        references=("AWS FSBP EC2.15", "CIS-EKS 1.7.0 5.4.3"),
        types=(SUBNET,),
        check=holds(_PRIVATE),
        remedy=sets(_PRIVATE),
    ),
)
