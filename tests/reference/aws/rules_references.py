"""Where a value may come from: a property that takes a subnet refers to a subnet, and to its id."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from reference.aws import iam_documents as iam
from reference.aws.declared import (
    CLUSTER,
    LAUNCH_TEMPLATE,
    NODE_GROUP,
    ROLE,
    SECURITY_GROUP,
    SUBNET,
    VPC,
    Declared,
    finding,
)
from reference.aws.rules_iam import json_object
from reference.common import Finding, Resource, per_resource, whole_reference

Source = tuple[str, tuple[str, ...]]
_KEY: Source = ("aws:kms/key:Key", ("arn", "id", "keyId"))
_KEY_ARN: Source = ("aws:kms/key:Key", ("arn",))
_GROUPS: tuple[Source, ...] = (
    (SECURITY_GROUP, ("id",)),
    ("aws:ec2/defaultSecurityGroup:DefaultSecurityGroup", ("id",)),
    (CLUSTER, ("vpcConfig.clusterSecurityGroupId",)),
)
_ROLE_ARN: Source = (ROLE, ("arn",))
_TABLE: Source = ("aws:ec2/routeTable:RouteTable", ("id",))
_BUCKET: Source = ("aws:s3/bucket:Bucket", ("id", "bucket"))
_QUEUE: Source = ("aws:sqs/queue:Queue", ("url", "id"))

SOURCES: Mapping[str, tuple[Source, ...]] = {
    "accessPointId": (("aws:efs/accessPoint:AccessPoint", ("id",)),),
    "allocationId": (("aws:ec2/eip:Eip", ("id", "allocationId")),),
    "autoScalingGroupName": ((NODE_GROUP, ("resources[0].autoscalingGroups[0].name",)),),
    "autoscalingGroupName": ((NODE_GROUP, ("resources[0].autoscalingGroups[0].name",)),),
    "bucket": (_BUCKET,),
    "capacityReservationId": (("aws:ec2/capacityReservation:CapacityReservation", ("id",)),),
    "clusterName": ((CLUSTER, ("name", "id")),),
    "fileSystemId": (("aws:efs/fileSystem:FileSystem", ("id",)),),
    "gatewayId": (("aws:ec2/internetGateway:InternetGateway", ("id",)),),
    "groupName": (("aws:ec2/placementGroup:PlacementGroup", ("name", "id")),),
    "iamRoleArn": (_ROLE_ARN,),
    "keyArn": (_KEY_ARN,),
    "kmsKeyId": (_KEY,),
    "masterUserSecretKmsKeyId": (_KEY_ARN,),
    "performanceInsightsKmsKeyId": (_KEY_ARN,),
    "kmsMasterKeyId": (_KEY,),
    "logDestination": (
        ("aws:cloudwatch/logGroup:LogGroup", ("arn",)),
        ("aws:s3/bucket:Bucket", ("arn",)),
    ),
    "natGatewayId": (("aws:ec2/natGateway:NatGateway", ("id",)),),
    "nodeRoleArn": (_ROLE_ARN,),
    "policyArn": (("aws:iam/policy:Policy", ("arn", "id")),),
    "principalArn": (_ROLE_ARN,),
    "queueUrl": (_QUEUE,),
    "referencedSecurityGroupId": _GROUPS,
    "role": ((ROLE, ("name", "id")),),
    "roleArn": (_ROLE_ARN,),
    "routeTableId": (_TABLE,),
    "routeTableIds": (_TABLE,),
    "rule": (("aws:cloudwatch/eventRule:EventRule", ("name", "id")),),
    "securityGroupId": _GROUPS,
    "securityGroupIds": _GROUPS,
    "securityGroups": _GROUPS,
    "serviceAccountRoleArn": (_ROLE_ARN,),
    "subnetId": ((SUBNET, ("id",)),),
    "subnetIds": ((SUBNET, ("id",)),),
    "targetKeyId": (_KEY,),
    "vpcId": ((VPC, ("id",)),),
    "vpcSecurityGroupIds": _GROUPS,
}
"""Property -> types and outputs that it may refer to."""

SPECIAL: Mapping[tuple[str, str], tuple[Source, ...]] = {
    ("aws:fsx/dataRepositoryAssociation:DataRepositoryAssociation", "fileSystemId"): (
        ("aws:fsx/lustreFileSystem:LustreFileSystem", ("id",)),
    ),
    (NODE_GROUP, "launchTemplate.id"): ((LAUNCH_TEMPLATE, ("id",)),),
    (NODE_GROUP, "launchTemplate.name"): ((LAUNCH_TEMPLATE, ("name",)),),
    (NODE_GROUP, "launchTemplate.version"): ((LAUNCH_TEMPLATE, ("latestVersion", "defaultVersion")),),
    ("aws:cloudwatch/eventTarget:EventTarget", "arn"): (("aws:sqs/queue:Queue", ("arn",)),),
    ("aws:cloudwatch/logGroup:LogGroup", "kmsKeyId"): (_KEY_ARN,),
    ("aws:efs/fileSystem:FileSystem", "kmsKeyId"): (_KEY_ARN,),
    ("aws:fsx/lustreFileSystem:LustreFileSystem", "kmsKeyId"): (_KEY_ARN,),
    ("aws:rds/instance:Instance", "kmsKeyId"): (_KEY_ARN,),
    ("aws:iam/openIdConnectProvider:OpenIdConnectProvider", "url"): (
        (CLUSTER, ("identities[0].oidcs[0].issuer",)),
    ),
}
"""Type and path -> the same, where the property's name alone does not say it."""

TRUSTED: Mapping[tuple[str, str], str] = {
    (CLUSTER, "roleArn"): "eks.amazonaws.com",
    (NODE_GROUP, "nodeRoleArn"): "ec2.amazonaws.com",
    ("aws:ec2/flowLog:FlowLog", "iamRoleArn"): "vpc-flow-logs.amazonaws.com",
    ("aws:eks/podIdentityAssociation:PodIdentityAssociation", "roleArn"): "pods.eks.amazonaws.com",
    ("aws:eks/addon:Addon", "podIdentityAssociations.roleArn"): "pods.eks.amazonaws.com",
    ("aws:iam/instanceProfile:InstanceProfile", "role"): "ec2.amazonaws.com",
}
"""Type and path -> the service that the role there must trust."""


def check(stack: Declared) -> list[Finding]:
    """Every reference of every AWS resource against the kinds that its place takes."""
    found: list[Finding] = []
    for resource in stack.resources:
        if resource["type"].startswith("aws:"):
            found += sources(resource)
            for path, plain, value in _leaves(resource["inputs"], "", ""):
                found += _trusts(stack, resource, path, plain, value)
    return found


@per_resource
def sources(resource: Resource) -> list[Finding]:
    """References of one resource that come from a kind which their place does not take."""
    leaves = _leaves(resource["inputs"], "", "")
    return [one for path, plain, value in leaves for one in _source(resource, path, plain, value)]


def _leaves(value: Any, path: str, plain: str) -> Iterator[tuple[str, str, Any]]:
    """Path, path without indexes, value of each scalar; no JSON text is gone into."""
    if isinstance(value, dict):
        for key, part in value.items():
            yield from _leaves(part, f"{path}.{key}" if path else key, f"{plain}.{key}" if plain else key)
    elif isinstance(value, list):
        for index, part in enumerate(value):
            yield from _leaves(part, f"{path}[{index}]", plain)
    else:
        yield path, plain, value


def _source(resource: Resource, path: str, plain: str, value: Any) -> Iterator[Finding]:
    reference = whole_reference(value)
    name = plain.rpartition(".")[2]
    allowed = SPECIAL.get((resource["type"], plain)) or SOURCES.get(name)
    if reference is None or not reference.type.startswith("aws:"):
        return
    if allowed is None:
        if name.endswith(("Id", "Ids", "Arn", "Arns")):
            yield finding(resource, path, f"no rule says where {plain} comes from")
        return
    if not any(reference.type == kind and reference.output in outputs for kind, outputs in allowed):
        wanted = " or ".join(f"{kind}.{'|'.join(outputs)}" for kind, outputs in allowed)
        yield finding(resource, path, f"{value} is no {wanted}")


def _trusts(stack: Declared, resource: Resource, path: str, plain: str, value: Any) -> Iterator[Finding]:
    service = TRUSTED.get((resource["type"], plain))
    role = stack.follow(value) if service else None
    if role is None or role["type"] != ROLE:
        return
    document = json_object(role["inputs"].get("assumeRolePolicy"))
    trusted = {name for one in iam.statements(document) for name in iam.principals(one, "Service")}
    if service not in trusted:
        yield finding(resource, path, f"the role {role['name']} does not trust {service}")
