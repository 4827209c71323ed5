"""Who is who without a key: add-ons, tenants and layers by EKS Pod Identity, the pipeline by OpenID Connect."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pulumi
from pulumi_aws import eks, iam

from fairlead import labels
from fairlead.plan.sites.aws_model import Addon, AwsSite, Pipeline
from fairlead.plan.store_model import Share
from fairlead.targets.aws import pipeline_policies, policies
from fairlead.targets.aws.control_plane import ControlPlane
from fairlead.targets.aws.spelling import MANAGED, arn, policy, trust

ADDON_POLICIES: Mapping[str, str] = {
    "vpc-cni": "AmazonEKS_CNI_Policy",
    "aws-ebs-csi-driver": "service-role/AmazonEBSCSIDriverPolicy",
    "aws-efs-csi-driver": "service-role/AmazonEFSCSIDriverPolicy",
}
"""Add-on -> policy of AWS for its role.

https://docs.aws.amazon.com/eks/latest/userguide/add-ons-aws-ebs-csi-driver.html, add-ons-aws-efs-csi-driver.html
and create-node-role.html there, 2026-11-23
"""
DISKS, FILES, OUTPUT = "aws-ebs-csi-driver", "aws-fsx-csi-driver", "amazon-cloudwatch-observability"
"""Add-ons whose rights, or a part of them, are written here."""
AUDIENCE = "sts.amazonaws.com"
SESSION = 4 * 3600
"""Seconds that a run of the pipeline may take: a first one makes a cluster and its nodes."""


def pod_trust(site: AwsSite, cluster: str) -> str:
    """Pods of this cluster, by the agent on their node, and nobody else."""
    return trust(
        policies.POD_IDENTITY,
        "sts:AssumeRole",
        "sts:TagSession",
        condition={
            "StringEquals": {"aws:SourceAccount": site.account},
            "ArnEquals": {"aws:SourceArn": arn("eks", site.region, site.account, f"cluster/{cluster}")},
        },
    )


class AddonRoles(pulumi.ComponentResource):
    """The roles of the managed add-ons that call AWS."""

    roles: dict[str, iam.Role]
    """By their names."""
    ready: Sequence[pulumi.Resource]
    """Their rights."""

    def __init__(
        self, name: str, site: AwsSite, key: pulumi.Input[str], opts: pulumi.ResourceOptions
    ) -> None:
        super().__init__("fairlead:aws:AddonRoles", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        self.roles = {}
        documents: dict[str, pulumi.Input[str]] = {
            DISKS: pulumi.Output.from_input(key).apply(policies.volume_key),
            FILES: policies.file_systems(),
        }
        if site.workload_logs:
            documents[OUTPUT] = policies.workload_logs(site.region, site.account, site.workload_logs)
        ready: list[pulumi.Resource] = []
        for addon in (one for one in site.addons if one.account):
            role = iam.Role(
                f"{name}-{addon.name}",
                iam.RoleArgs(name=addon.role, assume_role_policy=pod_trust(site, name), tags={MANAGED: name}),
                child,
            )
            self.roles[addon.role] = role
            ready += self._rights(f"{name}-{addon.name}", addon, role.name, documents)
        self.ready = ready
        self.register_outputs({})

    def _rights(
        self,
        name: str,
        addon: Addon,
        role: pulumi.Output[str],
        documents: Mapping[str, pulumi.Input[str]],
    ) -> list[pulumi.Resource]:
        child = pulumi.ResourceOptions(parent=self)
        made: list[pulumi.Resource] = []
        if addon.name in ADDON_POLICIES:
            managed = policy(ADDON_POLICIES[addon.name])
            made.append(
                iam.RolePolicyAttachment(
                    name, iam.RolePolicyAttachmentArgs(role=role, policy_arn=managed), child
                )
            )
        if addon.name in documents:
            made.append(
                iam.RolePolicy(name, iam.RolePolicyArgs(role=role, policy=documents[addon.name]), child)
            )
        return made


class ShareIdentities(pulumi.ComponentResource):
    """A role for those who use a part of the object store: its own folder and nothing else."""

    ready: Sequence[pulumi.Resource]
    roles: dict[str, pulumi.Output[str]]
    """Name of a part -> name of the role."""

    def __init__(
        self,
        name: str,
        site: AwsSite,
        control: ControlPlane,
        key: pulumi.Input[str],
        opts: pulumi.ResourceOptions,
    ) -> None:
        super().__init__("fairlead:aws:ShareIdentities", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        self.roles = {}
        self.ready = [self._one(name, site, share, control, key, child) for share in site.store.shares]
        self.register_outputs({})

    def _one(
        self,
        name: str,
        site: AwsSite,
        share: Share,
        control: ControlPlane,
        key: pulumi.Input[str],
        child: pulumi.ResourceOptions,
    ) -> pulumi.Resource:
        part = f"{name}-{share.name}"
        tags = {MANAGED: name, **({} if share.layer else {labels.TENANT: share.name})}
        role = iam.Role(
            part,
            iam.RoleArgs(
                name=site.roles.shares[share.name],
                assume_role_policy=pod_trust(site, name),
                tags=tags,
            ),
            child,
        )
        self.roles[share.name] = role.name
        document = pulumi.Output.from_input(key).apply(
            lambda found: policies.share(site.store.bucket, share.name, found, datasets=not share.layer)
        )
        rights = iam.RolePolicy(part, iam.RolePolicyArgs(role=role.name, policy=document), child)
        return eks.PodIdentityAssociation(
            part,
            eks.PodIdentityAssociationArgs(
                cluster_name=control.cluster.name,
                namespace=share.namespace,
                service_account=share.account,
                role_arn=role.arn,
                tags=tags,
            ),
            pulumi.ResourceOptions(parent=self, depends_on=[rights]),
        )


class PipelineIdentity(pulumi.ComponentResource):
    """The role of the pipeline that deploys: taken with a token of its issuer."""

    def __init__(
        self,
        name: str,
        site: AwsSite,
        pipeline: Pipeline,
        control: ControlPlane,
        opts: pulumi.ResourceOptions,
    ) -> None:
        super().__init__("fairlead:aws:PipelineIdentity", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        issuer = iam.OpenIdConnectProvider(
            f"{name}-ci",
            iam.OpenIdConnectProviderArgs(
                url=pipeline.issuer, client_id_lists=[AUDIENCE], tags={MANAGED: name}
            ),
            child,
        )
        role = iam.Role(
            f"{name}-ci",
            iam.RoleArgs(
                name=site.roles.ci,
                max_session_duration=SESSION,
                assume_role_policy=issuer.arn.apply(
                    lambda found: policies.web_identity(found, pipeline.host, AUDIENCE, pipeline.subjects)
                ),
                tags={MANAGED: name},
            ),
            child,
        )
        for part, document in pipeline_policies.all_of(name, site).items():
            iam.RolePolicy(
                f"{name}-ci-{part}", iam.RolePolicyArgs(name=part, role=role.name, policy=document), child
            )
        entry = eks.AccessEntry(
            f"{name}-ci",
            eks.AccessEntryArgs(cluster_name=control.cluster.name, principal_arn=role.arn, type="STANDARD"),
            child,
        )
        control.admin(f"{name}-ci", role.arn, entry)
        self.register_outputs({})
