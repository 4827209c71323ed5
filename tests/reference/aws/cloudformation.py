"""Checks values against the CloudFormation schemas that cfn-lint carries, wherever a property is in both.

A second opinion on values: enums, bounds, lengths and patterns. Names are the Terraform schema's matter, so
a property that CloudFormation spells otherwise is passed over here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from reference.aws.botocore_models import same_name
from reference.common import Finding, Resource, is_unknown, per_resource

REFERENCE = "cfn-lint 1.58.0"
REGION = "us-east-1"
"""The region whose schemas are read; other regions' differ in which types exist."""

TYPES: Mapping[str, str] = {
    "aws:cloudwatch/eventRule:EventRule": "AWS::Events::Rule",
    "aws:cloudwatch/logGroup:LogGroup": "AWS::Logs::LogGroup",
    "aws:ec2/capacityReservation:CapacityReservation": "AWS::EC2::CapacityReservation",
    "aws:ec2/eip:Eip": "AWS::EC2::EIP",
    "aws:ec2/flowLog:FlowLog": "AWS::EC2::FlowLog",
    "aws:ec2/internetGateway:InternetGateway": "AWS::EC2::InternetGateway",
    "aws:ec2/launchTemplate:LaunchTemplate": "AWS::EC2::LaunchTemplate",
    "aws:ec2/natGateway:NatGateway": "AWS::EC2::NatGateway",
    "aws:ec2/placementGroup:PlacementGroup": "AWS::EC2::PlacementGroup",
    "aws:ec2/route:Route": "AWS::EC2::Route",
    "aws:ec2/routeTable:RouteTable": "AWS::EC2::RouteTable",
    "aws:ec2/securityGroup:SecurityGroup": "AWS::EC2::SecurityGroup",
    "aws:ec2/subnet:Subnet": "AWS::EC2::Subnet",
    "aws:ec2/vpc:Vpc": "AWS::EC2::VPC",
    "aws:ec2/vpcEndpoint:VpcEndpoint": "AWS::EC2::VPCEndpoint",
    "aws:efs/accessPoint:AccessPoint": "AWS::EFS::AccessPoint",
    "aws:efs/fileSystem:FileSystem": "AWS::EFS::FileSystem",
    "aws:efs/mountTarget:MountTarget": "AWS::EFS::MountTarget",
    "aws:eks/accessEntry:AccessEntry": "AWS::EKS::AccessEntry",
    "aws:eks/addon:Addon": "AWS::EKS::Addon",
    "aws:eks/cluster:Cluster": "AWS::EKS::Cluster",
    "aws:eks/nodeGroup:NodeGroup": "AWS::EKS::Nodegroup",
    "aws:eks/podIdentityAssociation:PodIdentityAssociation": "AWS::EKS::PodIdentityAssociation",
    "aws:fsx/dataRepositoryAssociation:DataRepositoryAssociation": "AWS::FSx::DataRepositoryAssociation",
    "aws:fsx/lustreFileSystem:LustreFileSystem": "AWS::FSx::FileSystem",
    "aws:iam/instanceProfile:InstanceProfile": "AWS::IAM::InstanceProfile",
    "aws:iam/openIdConnectProvider:OpenIdConnectProvider": "AWS::IAM::OIDCProvider",
    "aws:iam/role:Role": "AWS::IAM::Role",
    "aws:iam/rolePolicy:RolePolicy": "AWS::IAM::RolePolicy",
    "aws:kms/alias:Alias": "AWS::KMS::Alias",
    "aws:kms/key:Key": "AWS::KMS::Key",
    "aws:rds/instance:Instance": "AWS::RDS::DBInstance",
    "aws:rds/parameterGroup:ParameterGroup": "AWS::RDS::DBParameterGroup",
    "aws:rds/subnetGroup:SubnetGroup": "AWS::RDS::DBSubnetGroup",
    "aws:s3/bucket:Bucket": "AWS::S3::Bucket",
    "aws:sqs/queue:Queue": "AWS::SQS::Queue",
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": "AWS::EC2::SecurityGroupEgress",
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": "AWS::EC2::SecurityGroupIngress",
}

RENAMES: Mapping[str, Mapping[str, str]] = {
    "aws:cloudwatch/logGroup:LogGroup": {"name": "LogGroupName"},
    "aws:efs/fileSystem:FileSystem": {"name": "FileSystemName"},
    "aws:ec2/securityGroup:SecurityGroup": {"name": "GroupName", "description": "GroupDescription"},
    "aws:iam/role:Role": {"name": "RoleName"},
    "aws:kms/alias:Alias": {"name": "AliasName"},
    "aws:kms/key:Key": {"deletionWindowInDays": "PendingWindowInDays"},
    "aws:rds/instance:Instance": {"identifier": "DBInstanceIdentifier", "instanceClass": "DBInstanceClass"},
    "aws:rds/parameterGroup:ParameterGroup": {"name": "DBParameterGroupName"},
    "aws:rds/subnetGroup:SubnetGroup": {
        "name": "DBSubnetGroupName",
        "description": "DBSubnetGroupDescription",
    },
    "aws:s3/bucket:Bucket": {"bucket": "BucketName"},
    "aws:sqs/queue:Queue": {
        "name": "QueueName",
        "messageRetentionSeconds": "MessageRetentionPeriod",
        "visibilityTimeoutSeconds": "VisibilityTimeout",
        "maxMessageSize": "MaximumMessageSize",
    },
}
"""Resource type -> property -> CloudFormation's name, at the top."""

_APART = frozenset({"tags"})
"""Properties that CloudFormation has in another shape."""

_Problem = tuple[str, str]


def package(name: str) -> Path:
    """The folder of an installed package, without importing it: its data files are what is wanted."""
    found = find_spec(name)
    if found is None or not found.submodule_search_locations:
        raise ModuleNotFoundError(f"{name} is not installed: pip install -e .[dev]", name=name)
    return Path(found.submodule_search_locations[0])


@cache
def data() -> Path:
    """The folder of cfn-lint's data files."""
    return package("cfnlint") / "data"


@cache
def _schema(kind: str) -> Mapping[str, Any]:
    files = json.loads((data() / "schemas" / "providers" / f"{REGION}.json").read_text())
    return json.loads((data() / "schemas" / "resources" / f"{files[kind]}.json").read_text())


def permissions(kind: str, handler: str) -> frozenset[str]:
    """The actions that CloudFormation itself asks for to `create`, `read`, `update` or `delete` a type."""
    given = _schema(TYPES[kind]).get("handlers", {}).get(handler, {})
    return frozenset(given.get("permissions", ()))


@per_resource
def check(resource: Resource) -> list[Finding]:
    """Values of one resource that its CloudFormation schema refuses."""
    kind = resource["type"]
    if kind not in TYPES:
        return []
    schema = _schema(TYPES[kind])
    renames = RENAMES.get(kind, {})
    top = {renames.get(key, key): part for key, part in resource["inputs"].items() if key not in _APART}
    back = {new: old for old, new in renames.items()}
    return [
        Finding(resource["urn"], back.get(path, path), what, REFERENCE)
        for path, what in _value(top, schema, schema, "")
    ]


def _value(value: Any, schema: Mapping[str, Any], root: Mapping[str, Any], path: str) -> Iterator[_Problem]:
    if value is None or is_unknown(value):
        return
    while "$ref" in schema:
        schema = root["definitions"][schema["$ref"].rpartition("/")[2]]
    if isinstance(value, Mapping):
        yield from _object(value, schema, root, path)
    elif isinstance(value, list):
        yield from _list(value, schema, root, path)
    else:
        yield from _scalar(value, schema, path)


def _object(value: Any, schema: Mapping[str, Any], root: Mapping[str, Any], path: str) -> Iterator[_Problem]:
    if "items" in schema:  # a block of at most one, which is a list there
        yield from _value(value, schema["items"], root, path)
        return
    for key, part in value.items():
        known = next((one for one in schema.get("properties", {}) if same_name(one, key)), None)
        if known is not None:
            where = f"{path}.{key}" if path else key
            yield from _value(part, schema["properties"][known], root, where)


def _list(value: Any, schema: Mapping[str, Any], root: Mapping[str, Any], path: str) -> Iterator[_Problem]:
    yield from _between(len(value), schema, ("minItems", "maxItems"), path, "members")
    for index, part in enumerate(value):
        yield from _value(part, schema.get("items", {}), root, f"{path}[{index}]")


def _scalar(value: Any, schema: Mapping[str, Any], path: str) -> Iterator[_Problem]:
    if isinstance(value, bool):
        return  # a switch here may be a word there: types are the Terraform schema's matter
    if "enum" in schema and value not in schema["enum"] and str(value) not in map(str, schema["enum"]):
        yield path, f"{value!r} is none of {schema['enum'][:12]}"
    if isinstance(value, str):
        yield from _between(len(value), schema, ("minLength", "maxLength"), path, "characters")
        if "pattern" in schema and not _compiled(schema["pattern"]).search(value):
            yield path, f"{value!r} does not match {schema['pattern']}"
    else:
        yield from _between(value, schema, ("minimum", "maximum"), path, "")


def _between(
    value: float, schema: Mapping[str, Any], names: tuple[str, str], path: str, of: str
) -> Iterator[_Problem]:
    least, most = schema.get(names[0]), schema.get(names[1])
    if (least is not None and value < least) or (most is not None and value > most):
        yield path, f"{value} {of} is not between {least} and {most}".replace("  ", " ")


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    for java, python in ((r"\p{L}", r"\w"), (r"\p{Z}", r"\s"), (r"\p{N}", r"\d")):
        pattern = pattern.replace(java, python)
    return re.compile(pattern)
