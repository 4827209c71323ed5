"""Nodes that are always there: managed node groups with their launch templates and placement groups."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
from pulumi_aws import autoscaling, ec2, eks, iam, vpc

from fairlead.plan.sites.aws_model import AwsSite, NodeGroup, Shape
from fairlead.targets.aws.control_plane import ControlPlane
from fairlead.targets.aws.network import Subnets
from fairlead.targets.aws.spelling import (
    EFFECTS,
    FABRIC,
    HOPS,
    MANAGED,
    disks,
    policy,
    trust,
)

NODE_POLICIES = ("AmazonEKSWorkerNodePolicy", "AmazonEC2ContainerRegistryPullOnly")
"""https://docs.aws.amazon.com/eks/latest/userguide/create-node-role.html, 2026-11-23

The minimal policy is for Auto Mode: it lacks ec2:DescribeInstances, by which a node learns its own name
(github.com/awslabs/amazon-eks-ami@81fec2e nodeadm/internal/api/status.go; Bottlerocket asks the same).
"""
BLOCK = "CAPACITY_BLOCK"


@dataclass(frozen=True)
class Ground:
    """What all nodes of a cluster stand on."""

    control: ControlPlane
    subnets: Subnets
    key: pulumi.Input[str]
    role: iam.Role
    fabric: pulumi.Output[str] | None
    """Security group of the fast network."""
    placement: Mapping[str, ec2.PlacementGroup]
    """By name."""
    ready: Sequence[pulumi.Resource]
    """Add-ons and rights without which no node becomes ready."""

    def groups(self, shape: Shape) -> list[pulumi.Input[str]]:
        """Security groups of a node."""
        fast = [self.fabric] if shape.interfaces and self.fabric is not None else []
        return [self.control.group, *fast]


def node_role(
    name: str, role_name: str, platform: str, opts: pulumi.ResourceOptions
) -> tuple[iam.Role, list[pulumi.Resource]]:
    """A role of nodes, and its rights: join the cluster, pull images. All else belongs to pods."""
    role = iam.Role(
        name,
        iam.RoleArgs(name=role_name, assume_role_policy=trust("ec2.amazonaws.com"), tags={MANAGED: platform}),
        opts,
    )
    rights: list[pulumi.Resource] = [
        iam.RolePolicyAttachment(
            f"{name}-{one}",
            iam.RolePolicyAttachmentArgs(role=role.name, policy_arn=policy(one)),
            opts,
        )
        for one in NODE_POLICIES
    ]
    return role, rights


class Fabric(pulumi.ComponentResource):
    """The security group of the fast network: its members talk to each other, in every way.

    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/create-efa.html, 2026-11-23
    """

    group: pulumi.Output[str]

    def __init__(self, name: str, subnets: Subnets, opts: pulumi.ResourceOptions) -> None:
        super().__init__("fairlead:aws:Fabric", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        made = ec2.SecurityGroup(
            f"{name}-fabric",
            ec2.SecurityGroupArgs(
                description="Fast network between nodes",
                vpc_id=subnets.vpc,
                tags={"Name": f"{name}-fabric", MANAGED: name, FABRIC: name},
            ),
            child,
        )
        vpc.SecurityGroupIngressRule(
            f"{name}-fabric",
            vpc.SecurityGroupIngressRuleArgs(
                security_group_id=made.id, referenced_security_group_id=made.id, ip_protocol="-1"
            ),
            child,
        )
        vpc.SecurityGroupEgressRule(
            f"{name}-fabric",
            vpc.SecurityGroupEgressRuleArgs(
                security_group_id=made.id, referenced_security_group_id=made.id, ip_protocol="-1"
            ),
            child,
        )
        self.group = made.id
        self.register_outputs({})


class NodePool(pulumi.ComponentResource):
    """The nodes of a pool that are always there."""

    ready: Sequence[pulumi.Resource]

    def __init__(
        self, name: str, site: AwsSite, plan: NodeGroup, ground: Ground, opts: pulumi.ResourceOptions
    ) -> None:
        super().__init__("fairlead:aws:NodePool", name, {}, opts)
        self._platform, self._site, self._ground = name.removesuffix(f"-{plan.name}"), site, ground
        self._child = pulumi.ResourceOptions(parent=self)
        group = self._group(name, plan, self._template(name, plan))
        self._tags(name, plan, group)
        self.ready = [group]
        self.register_outputs({})

    def _template(self, name: str, plan: NodeGroup) -> ec2.LaunchTemplate:
        shape = plan.shape
        groups = self._ground.groups(shape)
        tags = {"Name": name, MANAGED: self._platform}
        return ec2.LaunchTemplate(
            name,
            ec2.LaunchTemplateArgs(
                name=name,
                description=f"Nodes of pool {shape.pool}",
                update_default_version=True,
                instance_type=shape.machine,
                ebs_optimized="true",
                block_device_mappings=[self._disk(*disk) for disk in disks(shape.os, shape.disk_gib)],
                metadata_options=ec2.LaunchTemplateMetadataOptionsArgs(
                    http_endpoint="enabled", http_tokens="required", http_put_response_hop_limit=HOPS
                ),
                network_interfaces=interfaces(shape, groups) or None,
                vpc_security_group_ids=None if shape.interfaces else groups,
                placement=self._placement(shape),
                capacity_reservation_specification=reservation(shape),
                instance_market_options=(
                    ec2.LaunchTemplateInstanceMarketOptionsArgs(market_type="capacity-block")
                    if plan.market == BLOCK
                    else None
                ),
                tag_specifications=[
                    ec2.LaunchTemplateTagSpecificationArgs(resource_type=kind, tags=tags)
                    for kind in ("instance", "volume", "network-interface")
                ],
                user_data=base64.b64encode(plan.user_data.encode()).decode(),
                tags=tags,
            ),
            self._child,
        )

    def _disk(self, device: str, gib: int) -> ec2.LaunchTemplateBlockDeviceMappingArgs:
        return ec2.LaunchTemplateBlockDeviceMappingArgs(
            device_name=device,
            ebs=ec2.LaunchTemplateBlockDeviceMappingEbsArgs(
                volume_type="gp3",
                volume_size=gib,
                encrypted="true",
                kms_key_id=self._ground.key,
                delete_on_termination="true",
            ),
        )

    def _placement(self, shape: Shape) -> ec2.LaunchTemplatePlacementArgs | None:
        if not shape.placement:
            return None
        return ec2.LaunchTemplatePlacementArgs(group_name=self._ground.placement[shape.placement].name)

    def _group(self, name: str, plan: NodeGroup, template: ec2.LaunchTemplate) -> eks.NodeGroup:
        shape, ground = plan.shape, self._ground
        return eks.NodeGroup(
            name,
            eks.NodeGroupArgs(
                cluster_name=ground.control.cluster.name,
                node_group_name=plan.name,
                node_role_arn=ground.role.arn,
                subnet_ids=[ground.subnets.nodes[zone] for zone in shape.zones],
                version=self._site.version,
                release_version=plan.release or None,
                ami_type=plan.ami_type,
                capacity_type=plan.market,
                launch_template=eks.NodeGroupLaunchTemplateArgs(
                    id=template.id, version=template.latest_version.apply(str)
                ),
                scaling_config=eks.NodeGroupScalingConfigArgs(
                    min_size=plan.nodes, max_size=plan.nodes, desired_size=plan.nodes
                ),
                labels=dict(shape.labels),
                taints=[
                    eks.NodeGroupTaintArgs(key=one.key, value=one.value, effect=EFFECTS[one.effect])
                    for one in shape.taints
                ],
                update_config=eks.NodeGroupUpdateConfigArgs(max_unavailable=plan.max_unavailable),
                node_repair_config=repair(plan),
                tags={MANAGED: self._platform},
            ),
            pulumi.ResourceOptions(parent=self, depends_on=list(ground.ready)),
        )

    def _tags(self, name: str, plan: NodeGroup, group: eks.NodeGroup) -> None:
        """An autoscaler reads these from the Auto Scaling group; EKS does not hand tags on to it."""
        target = group.resources.apply(_group_name)
        for place, (key, value) in enumerate(plan.template_tags.items()):
            autoscaling.Tag(
                f"{name}-{place}",
                autoscaling.TagArgs(
                    autoscaling_group_name=target,
                    tag=autoscaling.TagTagArgs(key=key, value=value, propagate_at_launch=False),
                ),
                self._child,
            )


def _group_name(resources: Sequence[eks.outputs.NodeGroupResource] | None) -> str:
    """The Auto Scaling group behind a managed node group: there is exactly one once the group stands."""
    names = [one.name for made in resources or () for one in made.autoscaling_groups or ()]
    return next((name for name in names if name), "")


def repair(plan: NodeGroup) -> eks.NodeGroupNodeRepairConfigArgs:
    """How EKS mends the group's nodes. Limits are said once each: EKS takes a count or a percentage."""
    if not plan.repair:
        return eks.NodeGroupNodeRepairConfigArgs(enabled=False)
    return eks.NodeGroupNodeRepairConfigArgs(
        enabled=True,
        max_unhealthy_node_threshold_percentage=plan.repair_stop_above,
        max_parallel_nodes_repaired_count=plan.max_unavailable,
        node_repair_config_overrides=[
            eks.NodeGroupNodeRepairConfigNodeRepairConfigOverrideArgs(
                node_monitoring_condition=one.condition,
                node_unhealthy_reason=one.reason,
                min_repair_wait_time_mins=one.minutes,
                repair_action=one.action,
            )
            for one in plan.repair_overrides
        ]
        or None,
    )


def interfaces(
    shape: Shape, groups: Sequence[pulumi.Input[str]]
) -> list[ec2.LaunchTemplateNetworkInterfaceArgs]:
    """All interfaces of a node with the fast network; empty for others."""
    return [
        ec2.LaunchTemplateNetworkInterfaceArgs(
            network_card_index=one.card,
            device_index=one.device,
            interface_type=one.kind,
            security_groups=list(groups),
            delete_on_termination="true",
        )
        for one in shape.interfaces
    ]


def reservation(shape: Shape) -> ec2.LaunchTemplateCapacityReservationSpecificationArgs | None:
    """The reservation that the nodes come out of, by its id: no other is used up by accident."""
    if not shape.reservation:
        return None
    target = ec2.LaunchTemplateCapacityReservationSpecificationCapacityReservationTargetArgs(
        capacity_reservation_id=shape.reservation
    )
    return ec2.LaunchTemplateCapacityReservationSpecificationArgs(capacity_reservation_target=target)


def placement_groups(
    name: str, site: AwsSite, opts: pulumi.ResourceOptions
) -> Mapping[str, ec2.PlacementGroup]:
    """Groups of nodes that stand near each other, by name."""
    return {
        one: ec2.PlacementGroup(
            one,
            ec2.PlacementGroupArgs(name=one, strategy="cluster", tags={MANAGED: name}),
            opts,
        )
        for one in site.placement_groups
    }
