"""Which request creates which resource, and where its spelling differs from the resource's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Request:
    """The request that a resource becomes. Members of the same name (case and number apart) need no word."""

    service: str
    operation: str
    at: tuple[str, ...] = ()
    """Members to go into before the resource's own properties are found."""
    inside: tuple[str, ...] = ()
    """Structures whose members the resource has at its top."""
    renames: Mapping[str, str] = field(default_factory=dict)
    """Dotted property -> dotted member."""
    apart: frozenset[str] = frozenset()
    """Properties that another request carries, or that only the provider reads."""
    given: frozenset[str] = frozenset()
    """Required members that the provider fills in."""


TAGS = frozenset({"tags"})
_BUCKET = frozenset({"bucket", "expectedBucketOwner"})

REQUESTS: Mapping[str, Request] = {
    "aws:eks/cluster:Cluster": Request(
        "eks",
        "CreateCluster",
        renames={
            "vpcConfig": "resourcesVpcConfig",
            "enabledClusterLogTypes": "logging.clusterLogging.types",
        },
        apart=frozenset({"forceUpdateVersion", "defaultAddonsToRemoves"}),
        given=frozenset({"name"}),
    ),
    "aws:eks/nodeGroup:NodeGroup": Request(
        "eks",
        "CreateNodegroup",
        renames={"nodeRoleArn": "nodeRole", "subnetIds": "subnets", "nodeGroupName": "nodegroupName"},
        apart=frozenset({"forceUpdateVersion", "nodeGroupNamePrefix"}),
        given=frozenset({"nodegroupName"}),
    ),
    "aws:eks/addon:Addon": Request(
        "eks",
        "CreateAddon",
        renames={
            "resolveConflictsOnCreate": "resolveConflicts",
            "resolveConflictsOnUpdate": "resolveConflicts",
        },
        apart=frozenset({"preserve"}),
    ),
    "aws:eks/accessEntry:AccessEntry": Request("eks", "CreateAccessEntry"),
    "aws:eks/accessPolicyAssociation:AccessPolicyAssociation": Request("eks", "AssociateAccessPolicy"),
    "aws:eks/podIdentityAssociation:PodIdentityAssociation": Request("eks", "CreatePodIdentityAssociation"),
    "aws:ec2/launchTemplate:LaunchTemplate": Request(
        "ec2",
        "CreateLaunchTemplate",
        at=("LaunchTemplateData",),
        renames={"vpcSecurityGroupIds": "SecurityGroupIds", "networkInterfaces.securityGroups": "Groups"},
        apart=frozenset(
            {"name", "namePrefix", "description", "updateDefaultVersion", "defaultVersion", "tags"}
        ),
    ),
    "aws:ec2/placementGroup:PlacementGroup": Request(
        "ec2", "CreatePlacementGroup", renames={"name": "GroupName"}, apart=TAGS
    ),
    "aws:ec2/capacityReservation:CapacityReservation": Request(
        "ec2", "CreateCapacityReservation", apart=TAGS
    ),
    "aws:ec2/vpc:Vpc": Request(
        "ec2",
        "CreateVpc",
        renames={"assignGeneratedIpv6CidrBlock": "AmazonProvidedIpv6CidrBlock"},
        apart=TAGS | {"enableDnsHostnames", "enableDnsSupport", "enableNetworkAddressUsageMetrics"},
    ),
    "aws:ec2/subnet:Subnet": Request(
        "ec2",
        "CreateSubnet",
        apart=TAGS
        | {"mapPublicIpOnLaunch", "assignIpv6AddressOnCreation", "privateDnsHostnameTypeOnLaunch"}
        | {"enableResourceNameDnsARecordOnLaunch", "enableResourceNameDnsAaaaRecordOnLaunch", "enableDns64"},
    ),
    "aws:ec2/natGateway:NatGateway": Request("ec2", "CreateNatGateway", apart=TAGS),
    "aws:ec2/eip:Eip": Request(
        "ec2", "AllocateAddress", apart=TAGS | {"instance", "networkInterface", "associateWithPrivateIp"}
    ),
    "aws:ec2/vpcEndpoint:VpcEndpoint": Request(
        "ec2", "CreateVpcEndpoint", renames={"policy": "PolicyDocument"}, apart=TAGS | {"autoAccept"}
    ),
    "aws:ec2/flowLog:FlowLog": Request(
        "ec2",
        "CreateFlowLogs",
        renames={"iamRoleArn": "DeliverLogsPermissionArn"},
        apart=TAGS | {"vpcId", "subnetId", "eniId", "transitGatewayId"},
        given=frozenset({"ResourceIds", "ResourceType"}),
    ),
    "aws:ec2/securityGroup:SecurityGroup": Request(
        "ec2",
        "CreateSecurityGroup",
        renames={"name": "GroupName"},
        apart=TAGS | {"ingress", "egress", "namePrefix", "revokeRulesOnDelete"},
        given=frozenset({"GroupName", "Description"}),
    ),
    "aws:iam/role:Role": Request(
        "iam",
        "CreateRole",
        renames={"name": "RoleName", "assumeRolePolicy": "AssumeRolePolicyDocument"},
        apart=frozenset({"namePrefix", "forceDetachPolicies", "inlinePolicies", "managedPolicyArns"}),
        given=frozenset({"RoleName"}),
    ),
    "aws:iam/rolePolicy:RolePolicy": Request(
        "iam",
        "PutRolePolicy",
        renames={"name": "PolicyName", "role": "RoleName", "policy": "PolicyDocument"},
        apart=frozenset({"namePrefix"}),
        given=frozenset({"PolicyName"}),
    ),
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": Request(
        "iam", "AttachRolePolicy", renames={"role": "RoleName"}
    ),
    "aws:iam/policy:Policy": Request(
        "iam",
        "CreatePolicy",
        renames={"name": "PolicyName", "policy": "PolicyDocument"},
        apart=frozenset({"namePrefix", "delayAfterPolicyCreationInMs"}),
        given=frozenset({"PolicyName"}),
    ),
    "aws:iam/instanceProfile:InstanceProfile": Request(
        "iam",
        "CreateInstanceProfile",
        renames={"name": "InstanceProfileName"},
        apart=frozenset({"namePrefix", "role"}),
        given=frozenset({"InstanceProfileName"}),
    ),
    "aws:iam/openIdConnectProvider:OpenIdConnectProvider": Request(
        "iam",
        "CreateOpenIDConnectProvider",
        renames={"clientIdLists": "ClientIDList", "thumbprintLists": "ThumbprintList"},
    ),
    "aws:kms/key:Key": Request(
        "kms",
        "CreateKey",
        apart=frozenset({"deletionWindowInDays", "enableKeyRotation", "rotationPeriodInDays", "isEnabled"}),
    ),
    "aws:kms/alias:Alias": Request(
        "kms",
        "CreateAlias",
        renames={"name": "AliasName"},
        apart=frozenset({"namePrefix"}),
        given=frozenset({"AliasName"}),
    ),
    "aws:cloudwatch/eventRule:EventRule": Request(
        "events",
        "PutRule",
        apart=frozenset({"namePrefix", "forceDestroy", "isEnabled"}),
        given=frozenset({"Name"}),
    ),
    "aws:cloudwatch/eventTarget:EventTarget": Request(
        "events",
        "PutTargets",
        at=("Targets",),
        renames={"targetId": "Id", "sqsTarget": "SqsParameters", "inputTransformer": "InputTransformer"},
        apart=frozenset({"rule", "eventBusName", "forceDestroy"}),
        given=frozenset({"Id"}),
    ),
    "aws:cloudwatch/logGroup:LogGroup": Request(
        "logs",
        "CreateLogGroup",
        renames={"name": "logGroupName"},
        apart=frozenset({"namePrefix", "retentionInDays", "skipDestroy"}),
        given=frozenset({"logGroupName"}),
    ),
    "aws:efs/fileSystem:FileSystem": Request(
        "efs",
        "CreateFileSystem",
        apart=frozenset({"lifecyclePolicies", "protection"}),
        given=frozenset({"CreationToken"}),
    ),
    "aws:efs/backupPolicy:BackupPolicy": Request("efs", "PutBackupPolicy"),
    "aws:efs/mountTarget:MountTarget": Request("efs", "CreateMountTarget"),
    "aws:efs/accessPoint:AccessPoint": Request("efs", "CreateAccessPoint", given=frozenset({"ClientToken"})),
    "aws:fsx/lustreFileSystem:LustreFileSystem": Request(
        "fsx",
        "CreateFileSystem",
        inside=("LustreConfiguration",),
        apart=frozenset({"backupId", "skipFinalBackup", "finalBackupTags"}),
        given=frozenset({"FileSystemType"}),
    ),
    "aws:rds/instance:Instance": Request(
        "rds",
        "CreateDBInstance",
        renames={
            "identifier": "DBInstanceIdentifier",
            "instanceClass": "DBInstanceClass",
            "username": "MasterUsername",
            "parameterGroupName": "DBParameterGroupName",
            "caCertIdentifier": "CACertificateIdentifier",
            "backupWindow": "PreferredBackupWindow",
            "maintenanceWindow": "PreferredMaintenanceWindow",
            "enabledCloudwatchLogsExports": "EnableCloudwatchLogsExports",
            "performanceInsightsEnabled": "EnablePerformanceInsights",
        },
        apart=frozenset(
            {
                "allowMajorVersionUpgrade",
                "deleteAutomatedBackups",
                "finalSnapshotIdentifier",
                "skipFinalSnapshot",
            }
        ),
    ),
    "aws:rds/subnetGroup:SubnetGroup": Request(
        "rds",
        "CreateDBSubnetGroup",
        renames={"name": "DBSubnetGroupName", "description": "DBSubnetGroupDescription"},
    ),
    "aws:rds/parameterGroup:ParameterGroup": Request(
        "rds",
        "CreateDBParameterGroup",
        renames={"name": "DBParameterGroupName", "family": "DBParameterGroupFamily"},
        apart=frozenset({"parameters"}),
    ),
    "aws:fsx/dataRepositoryAssociation:DataRepositoryAssociation": Request(
        "fsx", "CreateDataRepositoryAssociation", apart=frozenset({"deleteDataInFilesystem"})
    ),
    "aws:s3/bucketVersioning:BucketVersioning": Request("s3", "PutBucketVersioning"),
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": Request(
        "s3",
        "PutPublicAccessBlock",
        inside=("PublicAccessBlockConfiguration",),
        apart=frozenset({"skipDestroy"}),
        given=frozenset({"PublicAccessBlockConfiguration"}),
    ),
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": Request(
        "s3",
        "PutBucketEncryption",
        at=("ServerSideEncryptionConfiguration",),
        apart=_BUCKET,
    ),
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": Request(
        "s3",
        "PutBucketOwnershipControls",
        at=("OwnershipControls",),
        renames={"rule": "Rules"},
        apart=_BUCKET,
    ),
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": Request(
        "s3",
        "PutBucketLifecycleConfiguration",
        at=("LifecycleConfiguration",),
        apart=_BUCKET | {"transitionDefaultMinimumObjectSize"},
    ),
}
