"""Karpenter's rights and settings against the calls that its own source makes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache

from reference.aws import iam_documents as iam
from reference.aws.custom_resources import MODULE
from reference.aws.declared import CLUSTER, Declared, finding, json_text, some
from reference.aws.rules_cluster import POD_IDENTITY
from reference.aws.rules_karpenter import NODE_CLASS
from reference.aws.rules_order import DEPLOYMENT
from reference.aws.rules_services import QUEUE
from reference.common import Finding, Resource
from reference.gomodule import go_module

REFERENCE = "Karpenter 1.14.1 pkg/aws/sdk.go"
_SERVICES = {
    "EC2API": "ec2",
    "IAMAPI": "iam",
    "EKSAPI": "eks",
    "PricingAPI": "pricing",
    "SSMAPI": "ssm",
    "SQSAPI": "sqs",
}
_NOT_CALLED: Mapping[str, str] = {
    "sqs:SendMessage": "only its tests send",
    "iam:GetRole": "no call outside its tests",
}
"""Call that the interface has and the controller never makes -> how that shows."""
_FOR_PROFILES = frozenset(
    f"iam:{name}InstanceProfile" for name in ("Create", "Delete", "AddRoleTo", "Tag", "RemoveRoleFrom")
)
"""Calls for node classes that name a role: Karpenter makes the instance profile then."""


@cache
def calls() -> frozenset[str]:
    """`ec2:CreateFleet`: what the interfaces to AWS in Karpenter's source name."""
    text = (go_module(MODULE) / "pkg" / "aws" / "sdk.go").read_text()
    found: set[str] = set()
    for name, body in re.findall(r"type (\w+) interface \{(.*?)\n\}", text, re.DOTALL):
        if name in _SERVICES:
            found |= {f"{_SERVICES[name]}:{call}" for call in re.findall(r"^\t(\w+)\(", body, re.MULTILINE)}
    return frozenset(found)


def check(stack: Declared) -> list[Finding]:
    """Every rule on Karpenter's rights and settings; nothing where it does not run."""
    return [found for one in stack.of(DEPLOYMENT) if _is_karpenter(one) for found in _one(stack, one)]


def _is_karpenter(one: Resource) -> bool:
    return any(entry.get("name") == "KARPENTER_SERVICE" for entry in _environment(one))


def _environment(one: Resource) -> list[Mapping[str, str]]:
    spec = some(some(some(one["inputs"].get("spec")).get("template")).get("spec"))
    return [entry for box in spec.get("containers") or () for entry in box.get("env") or ()]


def _one(stack: Declared, deployment: Resource) -> Iterator[Finding]:
    named = {entry.get("name"): entry.get("value") for entry in _environment(deployment)}
    for variable, kind in (("CLUSTER_NAME", CLUSTER), ("INTERRUPTION_QUEUE", QUEUE)):
        known = [one["inputs"].get("name") for one in stack.of(kind)]
        if known and named.get(variable) not in known:
            yield finding(deployment, "spec", f"{variable} is {named.get(variable)!r}, declared are {known}")
    space = some(deployment["inputs"].get("metadata")).get("namespace")
    account = some(some(some(deployment["inputs"].get("spec")).get("template")).get("spec")).get(
        "serviceAccountName"
    )
    bonds = [
        one
        for one in stack.of(POD_IDENTITY)
        if (one["inputs"].get("namespace"), one["inputs"].get("serviceAccount")) == (space, account)
    ]
    if not bonds:
        yield finding(deployment, "spec", f"{space}/{account} has no role")
    for bond in bonds:
        yield from _rights(stack, bond)


def _rights(stack: Declared, bond: Resource) -> Iterator[Finding]:
    """Each call is allowed by a policy of the role, whatever its conditions."""
    role = stack.follow(bond["inputs"].get("roleArn"))
    if role is None:
        return
    allowed = {
        action
        for policy in stack.of("aws:iam/rolePolicy:RolePolicy")
        if stack.names(policy["inputs"].get("role"), role)
        for one in iam.statements(json_text(policy["inputs"].get("policy")))
        if one.get("Effect") == "Allow"
        for pattern in iam.several(one.get("Action"))
        for action, _row in iam.actions(pattern)
    }
    by_role = any(some(one["inputs"].get("spec")).get("role") for one in stack.of(NODE_CLASS))
    wanted = calls() - set(_NOT_CALLED) - (frozenset() if by_role else _FOR_PROFILES) | {"iam:PassRole"}
    for call in sorted(wanted):
        if call.lower() not in {one.lower() for one in allowed}:
            yield Finding(
                role["urn"], "", f"Karpenter calls {call}, which no policy of the role allows", REFERENCE
            )
