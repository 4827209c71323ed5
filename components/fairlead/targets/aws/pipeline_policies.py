"""What the pipeline that deploys may do: make, change and remove this platform's things. Pure text.

Rights are on this platform's names where a service has names beforehand, else on what is in its region.
Of its own role it may only read: who changes the pipeline's rights is a person.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from fairlead.plan.sites.aws_model import AwsSite
from fairlead.targets.aws.policies import log_groups
from fairlead.targets.aws.spelling import MANAGED, PARTITION, arn, document

MADE = (
    *("FlowLogs", "InternetGateway", "LaunchTemplate", "NatGateway", "PlacementGroup", "Route"),
    *("RouteTable", "SecurityGroup", "Subnet", "Tags", "Vpc"),
)
"""Things of EC2 that have a Create and a Delete."""
NETWORK = (
    *(f"{verb}{thing}" for thing in MADE for verb in ("Create", "Delete")),
    *(f"{verb}SecurityGroup{way}" for verb in ("Authorize", "Revoke") for way in ("Egress", "Ingress")),
    *("AllocateAddress", "DisassociateAddress", "ReleaseAddress"),
    *("AssociateRouteTable", "DisassociateRouteTable", "ReplaceRoute"),
    *("AttachInternetGateway", "DetachInternetGateway"),
    *("CreateVpcEndpoint", "DeleteVpcEndpoints", "ModifyVpcEndpoint"),
    *("CreateLaunchTemplateVersion", "ModifyLaunchTemplate", "RunInstances"),
    *("ModifySecurityGroupRules", "ModifySubnetAttribute", "ModifyVpcAttribute"),
)
TAGS = ("TagResource", "UntagResource")
KEY = (
    *TAGS,
    *("DescribeKey", "GetKeyPolicy", "GetKeyRotationStatus", "ListResourceTags"),
    *("CreateGrant", "EnableKeyRotation", "PutKeyPolicy", "ScheduleKeyDeletion", "UpdateKeyDescription"),
    "GenerateDataKeyWithoutPlaintext",
)
LOGS = (
    *TAGS,
    *("AssociateKmsKey", "CreateLogGroup", "DeleteLogGroup", "ListTagsForResource", "PutRetentionPolicy"),
)
EVENTS = (
    *TAGS,
    *("DescribeRule", "ListTagsForResource", "ListTargetsByRule"),
    *("DeleteRule", "PutRule", "PutTargets", "RemoveTargets"),
)
READ_ROLE = ("GetRole", "GetRolePolicy", "ListAttachedRolePolicies", "ListRolePolicies", "ListRoleTags")
ROLE = (
    *READ_ROLE,
    *("AttachRolePolicy", "DetachRolePolicy", "DeleteRolePolicy", "PutRolePolicy"),
    *("CreateRole", "DeleteRole", "UpdateAssumeRolePolicy", "UpdateRole"),
    *("ListInstanceProfilesForRole", "PassRole", "TagRole", "UntagRole"),
)
PROFILE = (
    *("AddRoleToInstanceProfile", "RemoveRoleFromInstanceProfile"),
    *("CreateInstanceProfile", "DeleteInstanceProfile", "GetInstanceProfile"),
    *("TagInstanceProfile", "UntagInstanceProfile"),
)
SERVICES = ("eks", "eks-nodegroup", "autoscaling", "spot", "fsx", "elasticfilesystem")
"""Services whose own role may have to be made in an account that never used them."""
CLUSTER_PARTS = ("cluster/{0}", "nodegroup/{0}/*", "addon/{0}/*", "access-entry/{0}/*")
FILES = ("elasticfilesystem", "fsx")
ISSUER = (
    *(f"{verb}OpenIDConnectProvider" for verb in ("Create", "Delete", "Get", "Tag", "Untag")),
    *("ListOpenIDConnectProviderTags", "UpdateOpenIDConnectProviderThumbprint"),
    *("AddClientIDToOpenIDConnectProvider", "RemoveClientIDFromOpenIDConnectProvider"),
)
"""What can be done with an issuer whose tokens IAM believes."""
DATABASES = (
    *("AddTagsToResource", "ListTagsForResource", "RemoveTagsFromResource"),
    *(f"{verb}DBInstance" for verb in ("Create", "Delete", "Modify", "Reboot")),
    *(
        f"{verb}DB{thing}Group"
        for verb in ("Create", "Delete", "Modify")
        for thing in ("Parameter", "Subnet")
    ),
    *("CreateDBSnapshot", "ResetDBParameterGroup"),
)
DATABASE_PARTS = (("db", ""), ("pg", ""), ("subgrp", ""), ("snapshot", "-*"))
"""Kinds of RDS, as ARNs have them, and what may follow a server's name."""


def all_of(name: str, site: AwsSite) -> Mapping[str, str]:
    """The policies by their names; together they stay below the 10,240 characters of a role."""
    return {
        "network": document(list(_network(site))),
        "cluster": document(list(_cluster(name, site))),
        "storage": document(list(_storage(name, site))),
        **({"databases": document(list(_databases(name, site)))} if site.servers else {}),
        "roles": document(list(_roles(name, site))),
    }


def _allow(service: str, actions: Any, resource: Any, condition: Any = None) -> Mapping[str, Any]:
    named = [f"{service}:{one}" for one in actions]
    statement = {"Effect": "Allow", "Action": named, "Resource": resource}
    return {**statement, "Condition": condition} if condition else statement


def _here(site: AwsSite) -> Mapping[str, Any]:
    return {"StringEquals": {"aws:RequestedRegion": site.region}}


def _network(site: AwsSite) -> Iterator[Mapping[str, Any]]:
    yield _allow("ec2", NETWORK, "*", _here(site))
    yield _allow("ec2", ["Describe*"], "*", _here(site))


def _cluster(name: str, site: AwsSite) -> Iterator[Mapping[str, Any]]:
    region, account = site.region, site.account
    own = {"StringEquals": {f"aws:ResourceTag/{MANAGED}": name}}
    parts = [part.format(name) for part in (*CLUSTER_PARTS, "podidentityassociation/{0}/*")]
    named = log_groups(name, site.servers, site.workload_logs).values()
    groups = [arn("logs", region, account, f"log-group:{one}") for one in named]
    yield _allow("eks", ["*"], [arn("eks", region, account, part) for part in parts])
    yield _allow("kms", ["CreateKey"], "*", _here(site))
    yield _allow("kms", KEY, arn("kms", region, account, "key/*"), own)
    aliases = [arn("kms", region, account, f"alias/{name}"), arn("kms", region, account, "key/*")]
    yield _allow("kms", ["CreateAlias", "DeleteAlias", "UpdateAlias"], aliases)
    yield _allow("kms", ["ListAliases"], "*")
    yield _allow("logs", LOGS, [*groups, *(f"{one}:*" for one in groups)])
    yield _allow("logs", ["DescribeLogGroups"], "*")
    yield _allow("sqs", ["*"], arn("sqs", region, account, site.queue))
    yield _allow("events", EVENTS, arn("events", region, account, f"rule/{name}-*"))
    groups_of = {"StringEquals": {"aws:ResourceTag/eks:cluster-name": name}}
    yield _allow("autoscaling", ["CreateOrUpdateTags", "DeleteTags"], "*", groups_of)
    yield _allow("autoscaling", ["DescribeAutoScalingGroups", "DescribeTags"], "*")


def _storage(name: str, site: AwsSite) -> Iterator[Mapping[str, Any]]:
    own = {"StringEquals": {f"aws:ResourceTag/{MANAGED}": name}}
    yield _allow("s3", ["*"], f"arn:{PARTITION}:s3:::{site.store.bucket}")
    for service in FILES:
        yield _allow(service, ["CreateFileSystem", "TagResource"], "*", _here(site))
        yield _allow(service, ["Describe*"], "*", _here(site))
        yield _allow(service, ["*"], arn(service, site.region, site.account, "file-system/*"), own)
    associated = arn("fsx", site.region, site.account, "association/*")
    yield _allow("fsx", ["CreateDataRepositoryAssociation", "DeleteDataRepositoryAssociation"], associated)


def _databases(name: str, site: AwsSite) -> Iterator[Mapping[str, Any]]:
    """RDS keeps the password of a server in a secret that it makes as whoever makes the server."""
    region, account = site.region, site.account
    own = [
        arn("rds", region, account, f"{kind}:{one.name}{end}")
        for one in site.servers
        for kind, end in DATABASE_PARTS
    ]
    yield _allow("rds", DATABASES, own)
    yield _allow("rds", ["Describe*"], "*", _here(site))
    secrets = arn("secretsmanager", region, account, "secret:rds!db-*")
    yield _allow("secretsmanager", ["CreateSecret", "TagResource"], secrets)


def _roles(name: str, site: AwsSite) -> Iterator[Mapping[str, Any]]:
    roles, account = site.roles, site.account
    names = [roles.cluster, roles.nodes, roles.karpenter, roles.karpenter_nodes, roles.flow_logs]
    names += [*roles.shares.values(), *(one.role for one in site.addons if one.role)]
    names += [one.role for one in site.secrets]
    yield _allow("iam", ROLE, [f"arn:{PARTITION}:iam::{account}:role/{one}" for one in names])
    yield _allow("iam", READ_ROLE, f"arn:{PARTITION}:iam::{account}:role/{roles.ci}")
    profile = f"arn:{PARTITION}:iam::{account}:instance-profile/{roles.karpenter_nodes}"
    yield _allow("iam", PROFILE, profile)
    services = [*SERVICES, *(["rds"] if site.servers else [])]
    yield _allow("iam", ["GetOpenIDConnectProvider"], f"arn:{PARTITION}:iam::{account}:oidc-provider/*")
    if site.secrets:
        host = f"oidc.eks.{site.region}.amazonaws.com/id/*"
        yield _allow("iam", ISSUER, f"arn:{PARTITION}:iam::{account}:oidc-provider/{host}")
    yield _allow(
        "iam",
        ["CreateServiceLinkedRole"],
        f"arn:{PARTITION}:iam::{account}:role/aws-service-role/*",
        {"StringEquals": {"iam:AWSServiceName": [f"{one}.amazonaws.com" for one in services]}},
    )
