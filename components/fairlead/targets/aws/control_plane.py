"""The control plane: cluster, who reaches it, its logs, its managed add-ons, the provider to it."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pulumi
import pulumi_kubernetes as kubernetes
from pulumi_aws import cloudwatch, eks, iam, vpc

from fairlead.catalog.packing import STRATEGY, weights
from fairlead.plan.sites.aws_model import Access, Addon, AwsSite
from fairlead.targets.aws import policies
from fairlead.targets.aws.network import Subnets
from fairlead.targets.aws.spelling import MANAGED, PARTITION, kubeconfig, policy, trust

LOGS = ("api", "audit", "authenticator", "controllerManager", "scheduler")
ADMIN = f"arn:{PARTITION}:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"
SUPPORT = "STANDARD"
"""The cluster moves to a newer version before its own costs extended support."""
SCORED = ("nvidia.com/gpu", "aws.amazon.com/neuron")
"""Accelerators that nodes here advertise and EKS lets its scheduler count, from Kubernetes 1.31.
https://docs.aws.amazon.com/eks/latest/userguide/control-plane-configuration.html, 2026-11-29"""


class ControlPlane(pulumi.ComponentResource):
    """A cluster that answers. `reachable` stands when those may call it who are to."""

    cluster: eks.Cluster
    group: pulumi.Output[str]
    """Security group that EKS made for the cluster and its nodes."""
    kubeconfig: pulumi.Output[str]
    provider: kubernetes.Provider
    reachable: Sequence[pulumi.Resource]

    def __init__(
        self,
        name: str,
        site: AwsSite,
        subnets: Subnets,
        key: pulumi.Input[str],
        opts: pulumi.ResourceOptions,
    ) -> None:
        super().__init__("fairlead:aws:ControlPlane", name, {}, opts)
        self._name, self._site = name, site
        self._child = pulumi.ResourceOptions(parent=self)
        self.cluster = self._cluster(subnets, key)
        self.group = self.cluster.vpc_config.apply(_group)
        doors = () if site.public else site.allow
        self.reachable = [
            *(made for access in site.access for made in self._entry(access)),
            *(self._door(cidr) for cidr in doors),
        ]
        authority = self.cluster.certificate_authority.apply(_authority)
        self.kubeconfig = pulumi.Output.all(self.cluster.name, self.cluster.endpoint, authority).apply(
            lambda found: kubeconfig(found[0], site.region, found[1], found[2])
        )
        self.provider = kubernetes.Provider(
            name,
            kubeconfig=self.kubeconfig,
            cluster_identifier=name,
            enable_server_side_apply=True,
            opts=pulumi.ResourceOptions(parent=self, depends_on=self.reachable),
        )
        self.register_outputs({})

    def _cluster(self, subnets: Subnets, key: pulumi.Input[str]) -> eks.Cluster:
        site, name = self._site, self._name
        logs = cloudwatch.LogGroup(
            f"{name}-control-plane",
            cloudwatch.LogGroupArgs(
                name=policies.log_groups(name)["control"],
                retention_in_days=site.log_days,
                kms_key_id=key,
                tags={MANAGED: name},
            ),
            self._child,
        )
        role, rights = self._role(key)
        return eks.Cluster(
            name,
            eks.ClusterArgs(
                name=name,
                version=site.version,
                role_arn=role.arn,
                vpc_config=eks.ClusterVpcConfigArgs(
                    subnet_ids=subnets.control,
                    endpoint_private_access=True,
                    endpoint_public_access=site.public,
                    public_access_cidrs=list(site.allow) if site.public else None,
                ),
                access_config=eks.ClusterAccessConfigArgs(
                    authentication_mode="API", bootstrap_cluster_creator_admin_permissions=False
                ),
                kubernetes_network_config=eks.ClusterKubernetesNetworkConfigArgs(
                    ip_family="ipv4", service_ipv4_cidr=site.service_cidr
                ),
                encryption_config=eks.ClusterEncryptionConfigArgs(
                    provider=eks.ClusterEncryptionConfigProviderArgs(key_arn=key), resources=["secrets"]
                ),
                kube_scheduler_config=_scheduler(),
                upgrade_policy=eks.ClusterUpgradePolicyArgs(support_type=SUPPORT),
                enabled_cluster_log_types=list(LOGS),
                bootstrap_self_managed_addons=False,
                deletion_protection=site.protect,
                tags={MANAGED: name},
            ),
            pulumi.ResourceOptions(
                parent=self, protect=site.protect, depends_on=[logs, *rights, *subnets.ready]
            ),
        )

    def _role(self, key: pulumi.Input[str]) -> tuple[iam.Role, list[pulumi.Resource]]:
        name = f"{self._name}-cluster"
        role = iam.Role(
            name,
            iam.RoleArgs(
                name=self._site.roles.cluster,
                assume_role_policy=trust("eks.amazonaws.com", "sts:AssumeRole", "sts:TagSession"),
                tags={MANAGED: self._name},
            ),
            self._child,
        )
        attached = iam.RolePolicyAttachment(
            name,
            iam.RolePolicyAttachmentArgs(role=role.name, policy_arn=policy("AmazonEKSClusterPolicy")),
            self._child,
        )
        wrapping = iam.RolePolicy(
            f"{name}-key",
            iam.RolePolicyArgs(
                role=role.name, policy=pulumi.Output.from_input(key).apply(policies.cluster_key)
            ),
            self._child,
        )
        return role, [attached, wrapping]

    def _door(self, cidr: str) -> pulumi.Resource:
        """Lets a range outside the network, which is peered with it or comes by VPN, call the private address.

        https://docs.aws.amazon.com/eks/latest/userguide/cluster-endpoint.html, "Accessing a private only API
        server", 2026-11-29
        """
        six = ":" in cidr
        return vpc.SecurityGroupIngressRule(
            f"{self._name}-api-{re.sub('[.:/]+', '-', cidr)}",
            vpc.SecurityGroupIngressRuleArgs(
                security_group_id=self.group,
                description="API server, from a range that may call it",
                ip_protocol="tcp",
                from_port=443,
                to_port=443,
                cidr_ipv4=None if six else cidr,
                cidr_ipv6=cidr if six else None,
            ),
            self._child,
        )

    def _entry(self, access: Access) -> list[pulumi.Resource]:
        """The access entry of one role or user; of an administrator with the rights."""
        name = f"{self._name}-{access.principal.rpartition(':')[2].replace('/', '-')}"
        entry = eks.AccessEntry(
            name,
            eks.AccessEntryArgs(
                cluster_name=self.cluster.name,
                principal_arn=access.principal,
                type="STANDARD",
                kubernetes_groups=list(access.groups),
            ),
            self._child,
        )
        return [entry, *([self.admin(name, access.principal, entry)] if access.admin else [])]

    def admin(
        self, name: str, principal: pulumi.Input[str], entry: pulumi.Resource
    ) -> eks.AccessPolicyAssociation:
        """Makes the bearer of an entry an administrator of the cluster."""
        return eks.AccessPolicyAssociation(
            name,
            eks.AccessPolicyAssociationArgs(
                cluster_name=self.cluster.name,
                principal_arn=principal,
                policy_arn=ADMIN,
                access_scope=eks.AccessPolicyAssociationAccessScopeArgs(type="cluster"),
            ),
            pulumi.ResourceOptions(parent=self, depends_on=[entry]),
        )

    def addons(
        self,
        addons: Sequence[Addon],
        roles: dict[str, iam.Role],
        after: Sequence[pulumi.Resource],
    ) -> list[pulumi.Resource]:
        """Managed add-ons; roles: name -> role of its service account."""
        return [self._addon(addon, roles, after) for addon in addons]

    def _addon(
        self, addon: Addon, roles: dict[str, iam.Role], after: Sequence[pulumi.Resource]
    ) -> pulumi.Resource:
        bonds = (
            [
                eks.AddonPodIdentityAssociationArgs(
                    role_arn=roles[addon.role].arn, service_account=addon.account
                )
            ]
            if addon.account
            else None
        )
        return eks.Addon(
            f"{self._name}-{addon.name}",
            eks.AddonArgs(
                cluster_name=self.cluster.name,
                addon_name=addon.name,
                addon_version=addon.version,
                configuration_values=addon.settings or None,
                pod_identity_associations=bonds,
                # Whoever changes an add-on by hand changes it until the next run of this program.
                resolve_conflicts_on_create="OVERWRITE",
                resolve_conflicts_on_update="OVERWRITE",
                tags={MANAGED: self._name},
            ),
            pulumi.ResourceOptions(parent=self, depends_on=list(after)),
        )


def _scheduler() -> eks.ClusterKubeSchedulerConfigArgs:
    """Pods go where the accelerators are used most. What this leaves out, EKS does not count at all."""
    counted = [
        eks.ClusterKubeSchedulerConfigNodeResourcesFitScoringStrategyResourceArgs(name=name, weight=weight)
        for name, weight in weights(SCORED).items()
    ]
    strategy = eks.ClusterKubeSchedulerConfigNodeResourcesFitScoringStrategyArgs(
        type=STRATEGY, resources=counted
    )
    return eks.ClusterKubeSchedulerConfigArgs(
        node_resources_fit=eks.ClusterKubeSchedulerConfigNodeResourcesFitArgs(scoring_strategy=strategy)
    )


def _group(settings: eks.outputs.ClusterVpcConfig) -> str:
    """The security group that EKS has made; it has one once the cluster stands."""
    return settings.cluster_security_group_id or ""


def _authority(authority: eks.outputs.ClusterCertificateAuthority | None) -> str:
    """The certificate of the API server; it has one once the cluster stands."""
    return (authority.data or "") if authority else ""
