"""What Karpenter may do: start machines that carry the cluster's tags, and end those alone. Pure text.

The actions are those of its getting-started stack (github.com/aws/karpenter-provider-aws@e0834c2 website/content/en/
v1.14/getting-started/getting-started-with-karpenter/cloudformation.yaml), and zones after v1.14.1 pkg/aws/sdk.go, both
2026-11-23. It gets no right to make roles or instance profiles: both are made here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fairlead.targets.aws.policies import USE
from fairlead.targets.aws.spelling import PARTITION, arn, document

NODEPOOL = "karpenter.sh/nodepool"
MADE = ("fleet", "instance", "volume", "network-interface", "launch-template", "spot-instances-request")
USED = ("security-group", "subnet", "capacity-reservation", "placement-group")
PUBLIC = ("image", "snapshot")
DESCRIBED = (
    "AvailabilityZones",
    "CapacityReservations",
    "Images",
    "InstanceStatus",
    "InstanceTypeOfferings",
    "InstanceTypes",
    "Instances",
    "LaunchTemplates",
    "PlacementGroups",
    "SecurityGroups",
    "SpotPriceHistory",
    "Subnets",
)
START = ["ec2:CreateFleet", "ec2:RunInstances"]


def owned_by(cluster: str) -> str:
    """The tag that machines of a cluster carry."""
    return f"kubernetes.io/cluster/{cluster}"


def controller(cluster: str, region: str, account: str, *, queue: str, node_role: str, key_arn: str) -> str:
    """The whole policy. queue, node_role: names; key_arn: of the key that encrypts the nodes' disks."""
    return document(
        [
            *_machines(cluster, region, account),
            *_reading(cluster, region, account),
            _allow(
                ["sqs:DeleteMessage", "sqs:GetQueueUrl", "sqs:ReceiveMessage"],
                arn("sqs", region, account, queue),
            ),
            _allow(
                ["iam:PassRole"],
                f"arn:{PARTITION}:iam::{account}:role/{node_role}",
                {"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}},
            ),
            *_disks(region, key_arn),
        ]
    )


def _allow(
    actions: list[str], resource: Any, condition: Mapping[str, Any] | None = None
) -> Mapping[str, Any]:
    statement = {"Effect": "Allow", "Action": actions, "Resource": resource}
    return {**statement, "Condition": condition} if condition else statement


def _machines(cluster: str, region: str, account: str) -> list[Mapping[str, Any]]:
    """Starting with the cluster's tags, tagging while starting, ending what has them."""
    used = [arn("ec2", region, account, f"{kind}/*") for kind in USED]
    used += [arn("ec2", region, "", f"{kind}/*") for kind in PUBLIC]
    made = [arn("ec2", region, account, f"{kind}/*") for kind in MADE]
    template, instance = (arn("ec2", region, account, f"{one}/*") for one in ("launch-template", "instance"))
    wanted = {
        "StringEquals": {f"aws:RequestTag/{owned_by(cluster)}": "owned"},
        "StringLike": {f"aws:RequestTag/{NODEPOOL}": "*"},
    }
    carried = {
        "StringEquals": {f"aws:ResourceTag/{owned_by(cluster)}": "owned"},
        "StringLike": {f"aws:ResourceTag/{NODEPOOL}": "*"},
    }
    creating = {
        "StringEquals": {
            f"aws:RequestTag/{owned_by(cluster)}": "owned",
            "ec2:CreateAction": ["CreateFleet", "CreateLaunchTemplate", "RunInstances"],
        },
        "StringLike": {f"aws:RequestTag/{NODEPOOL}": "*"},
    }
    keys = ["Name", "eks:eks-cluster-name", "karpenter.sh/nodeclaim"]
    later = {**carried, "ForAllValues:StringEquals": {"aws:TagKeys": keys}}
    return [
        _allow(START, used),
        _allow(START, template, carried),
        _allow([*START, "ec2:CreateLaunchTemplate"], made, wanted),
        _allow(["ec2:CreateTags"], made, creating),
        _allow(["ec2:CreateTags"], instance, later),
        _allow(["ec2:DeleteLaunchTemplate", "ec2:TerminateInstances"], [template, instance], carried),
    ]


def _reading(cluster: str, region: str, account: str) -> list[Mapping[str, Any]]:
    return [
        _allow(
            [f"ec2:Describe{one}" for one in DESCRIBED],
            "*",
            {"StringEquals": {"aws:RequestedRegion": region}},
        ),
        _allow(["ssm:GetParameter"], arn("ssm", region, "", "parameter/aws/service/*")),
        _allow(["pricing:GetProducts"], "*"),
        _allow(["iam:ListInstanceProfiles"], "*"),
        _allow(["iam:GetInstanceProfile"], f"arn:{PARTITION}:iam::{account}:instance-profile/*"),
        _allow(["eks:DescribeCluster"], arn("eks", region, account, f"cluster/{cluster}")),
    ]


def _disks(region: str, key_arn: str) -> list[Mapping[str, Any]]:
    through = {"StringEquals": {"kms:ViaService": f"ec2.{region}.amazonaws.com"}}
    grant = {**through, "Bool": {"kms:GrantIsForAWSResource": "true"}}
    return [_allow(USE, key_arn, through), _allow(["kms:CreateGrant"], key_arn, grant)]
