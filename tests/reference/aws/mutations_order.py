"""Mistakes that the judge of AWS must notice, one at a time: order, protection, and Karpenter's rights."""

from __future__ import annotations

import json
from typing import Any

from reference.aws.declared import CLUSTER, NODE_GROUP
from reference.aws.rules_karpenter import NODE_CLASS, NODE_POOL
from reference.aws.rules_network import NAT
from reference.aws.rules_order import DEPLOYMENT
from reference.aws.rules_services import BUCKET, KEY
from reference.common import Resource
from reference.mutation import Mutation, edit, to

ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"
_ENVIRONMENT = "spec.template.spec.containers[0].env"


def _waits_for(*kinds: str):
    """Does not wait any more for resources of these types, nor for those that do."""
    return edit(lambda urns: [urn for urn in urns if not any(kind in urn for kind in kinds)])


def _protected(one: Resource) -> bool:
    return one["protect"] is True


def _karpenter(one: Resource) -> bool:
    return "KARPENTER_SERVICE" in json.dumps(one["inputs"])


def _of_karpenter(action: str):
    return lambda one: "-karpenter" in one["name"] and action in str(one["inputs"].get("policy"))


def _less(action: str):
    """A policy document that does not allow an action any more."""

    def change(statements: list[dict[str, Any]]) -> list[dict[str, Any]]:
        left = [{**one, "Action": [name for name in one["Action"] if name != action]} for one in statements]
        return [one for one in left if one["Action"]]

    return edit(change)


def _environment(name: str, value: str):
    return edit(lambda many: [{**one, "value": value} if one["name"] == name else one for one in many])


ORDER = (
    Mutation("cluster not protected", CLUSTER, "", to(False), _protected, part="protect"),
    Mutation("key not protected", KEY, "", to(False), _protected, part="protect"),
    Mutation("bucket not protected", BUCKET, "", to(False), _protected, part="protect"),
    Mutation("cluster before its log group", CLUSTER, "", _waits_for("LogGroup"), part="depends_on"),
    Mutation("cluster before its role's rights", CLUSTER, "", _waits_for("RolePolicyAttachment"), part="depends_on"),
    Mutation("nodes before their network", NODE_GROUP, "", _waits_for("addon"), part="depends_on"),
    Mutation("nodes before their role's rights", NODE_GROUP, "", to([]), part="depends_on"),
    Mutation("NAT before the way out", NAT, "", _waits_for("InternetGateway", "Route"), part="depends_on"),
    Mutation("pool before its kind", NODE_POOL, "", to([]), part="depends_on"),
    Mutation("class before its kind", NODE_CLASS, "", to([]), part="depends_on"),
    Mutation("Karpenter of another cluster", DEPLOYMENT, _ENVIRONMENT, _environment("CLUSTER_NAME", "x"), _karpenter),
    Mutation("Karpenter at another queue", DEPLOYMENT, _ENVIRONMENT, _environment("INTERRUPTION_QUEUE", "x"),
             _karpenter),
    Mutation("Karpenter as another service account", DEPLOYMENT, "spec.template.spec.serviceAccountName",
             to("default"), _karpenter),
    *(
        Mutation(f"Karpenter may not call {action}", ROLE_POLICY, "policy@json.Statement", _less(action),
                 _of_karpenter(action))
        for action in ("ec2:TerminateInstances", "ec2:DescribeSubnets", "sqs:ReceiveMessage", "iam:PassRole")
    ),
)  # fmt: skip
