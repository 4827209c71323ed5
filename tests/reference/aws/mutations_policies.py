"""Mistakes that the judge of AWS must notice, one at a time: policy documents, and what was left out."""

from __future__ import annotations

from typing import Any

from reference.aws.declared import CLUSTER, ROLE
from reference.aws.rules_network import ENDPOINT
from reference.aws.rules_services import KEY, QUEUE
from reference.aws.rules_wanted import WANTED
from reference.common import Resource
from reference.mutation import Mutation, add, delete, edit, to

POLICY = "aws:iam/rolePolicy:RolePolicy"
DEFAULT_GROUP = "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup"
_FIRST = "policy@json.Statement[0]"


def _allows(action: str):
    return lambda one: action in str(one["inputs"].get("policy"))


def _federated(one: Resource) -> bool:
    return "Federated" in str(one["inputs"].get("assumeRolePolicy"))


def _statement(action: str, resource: str, **more: Any):
    """One more statement."""
    return add("", {"Effect": "Allow", "Action": [action], "Resource": resource, **more})


def _on(action: str, resource: str):
    """A statement with this action is on another resource."""
    return edit(
        lambda many: [{**one, "Resource": resource} if action in str(one["Action"]) else one for one in many]
    )


def _replaced(old: str, new: str):
    return edit(lambda text: text.replace(old, new))


POLICIES = (
    Mutation("document of the old language", POLICY, "policy@json.Version", to("2008-10-17")),
    Mutation("statement with a key misspelt", POLICY, _FIRST, add("Resources", "*")),
    Mutation("role's policy for somebody else", POLICY, _FIRST, add("Principal", {"AWS": "123456789012"})),
    Mutation("trust with a resource", ROLE, "assumeRolePolicy@json.Statement[0]", add("Resource", "*")),
    Mutation("trust in a list", ROLE, "assumeRolePolicy@json.Statement[0].Principal", to(["ec2.amazonaws.com"])),
    Mutation("pipeline's trust by another call", ROLE, "assumeRolePolicy@json.Statement[0].Action",
             to("sts:AssumeRole"), _federated),
    Mutation("every action", POLICY, "policy@json.Statement", _statement("*", "arn:aws:s3:::x")),
    Mutation("every action of a service on everything", POLICY, "policy@json.Statement", _statement("ec2:*", "*")),
    Mutation("a change on everything", POLICY, "policy@json.Statement", _statement("ec2:TerminateInstances", "*")),
    Mutation("a change on everything by a pattern", POLICY, "policy@json.Statement", _statement("iam:Pass*", "*")),
    Mutation("objects without a path", POLICY, "policy@json.Statement", _on("s3:PutObject", "arn:aws:s3:::x"),
             _allows("s3:PutObject")),
    Mutation("a bucket with a path", POLICY, "policy@json.Statement", _on("s3:ListBucket", "arn:aws:s3:::x/y"),
             _allows("s3:ListBucket")),
    Mutation("a key without the account's root", KEY, "policy", _replaced(":root", ":user/x")),
    Mutation("a key without CloudWatch Logs", KEY, "policy", _replaced("logs.us-east-1.", "sqs.")),
    Mutation("a key without Auto Scaling", KEY, "policy", _replaced("autoscaling.amazonaws.com", "x.amazonaws.com")),
)  # fmt: skip

LEFT_OUT = (
    *(
        Mutation(f"{kind.rpartition(':')[2]} without {key}", kind, key, delete)
        for kind, properties in WANTED.items()
        for key in properties
    ),
    Mutation("no audit log", CLUSTER, "enabledClusterLogTypes",
             edit(lambda types: [one for one in types if one != "audit"])),
    Mutation("default group that lets something in", DEFAULT_GROUP, "",
             lambda at, key: at[key].update(ingress=[{"protocol": "-1", "fromPort": 0, "toPort": 0}])),
    Mutation("default group with a key misspelt", DEFAULT_GROUP, "",
             lambda at, key: at[key].update(ingress=[{"protokol": "-1"}])),
    Mutation("queue in the clear", QUEUE, "sqsManagedSseEnabled", to(False)),
    Mutation("files in the clear", "aws:efs/fileSystem:FileSystem", "encrypted", to(False)),
    Mutation("endpoint of no type", ENDPOINT, "vpcEndpointType", delete),
    Mutation("endpoint that nobody reaches", ENDPOINT, "securityGroupIds", delete),
    Mutation("endpoint without its names", ENDPOINT, "privateDnsEnabled", delete),
    Mutation("gateway on no route", ENDPOINT, "routeTableIds", delete),
)  # fmt: skip
