"""Karpenter: its role, its nodes' role, the queue of interruptions, the controller and what it is told."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
from pulumi_aws import cloudwatch, eks, iam, sqs

from fairlead.contract.chart import Renderer
from fairlead.contract.crd import without_descriptions
from fairlead.contract.group import ObjectGroup
from fairlead.plan.sites.aws_model import AwsSite, BroughtNetwork
from fairlead.targets.aws import karpenter_objects as objects
from fairlead.targets.aws import karpenter_policies, policies
from fairlead.targets.aws.identity import pod_trust
from fairlead.targets.aws.node_pools import Ground, node_role
from fairlead.targets.aws.spelling import MANAGED

RETENTION = 300
"""Seconds that a notice is kept: what is older is about a machine that is gone."""
EVENTS: Mapping[str, tuple[str, str]] = {
    "health": ("aws.health", "AWS Health Event"),
    "spot": ("aws.ec2", "EC2 Spot Instance Interruption Warning"),
    "rebalance": ("aws.ec2", "EC2 Instance Rebalance Recommendation"),
    "state": ("aws.ec2", "EC2 Instance State-change Notification"),
    "reservation": ("aws.ec2", "EC2 Capacity Reservation Instance Interruption Warning"),
}
"""Rule -> source and kind of the events that Karpenter reads.

github.com/aws/karpenter-provider-aws v1.14.1 pkg/controllers/interruption/messages, 2026-11-23
"""


class Autoscaling(pulumi.ComponentResource):
    """Karpenter, at work once its classes and pools stand."""

    ready: Sequence[pulumi.Resource]

    def __init__(
        self,
        name: str,
        site: AwsSite,
        ground: Ground,
        image: str,
        render: Renderer,
        nodes: Sequence[pulumi.Resource],
        opts: pulumi.ResourceOptions,
    ) -> None:
        super().__init__("fairlead:aws:Autoscaling", name, {}, opts)
        self._name, self._site, self._ground = name, site, ground
        self._child = pulumi.ResourceOptions(parent=self)
        role = node_role(f"{name}-karpenter-nodes", site.roles.karpenter_nodes, name, self._child)
        profile = self._profile(role[0])
        entry = self._entry(role[0])
        bond = self._identity()
        queue = self._queue()
        inside = pulumi.ResourceOptions(parent=self, provider=ground.control.provider)
        kinds = ObjectGroup(
            f"{name}-karpenter-crds", map(without_descriptions, render(objects.crds())), inside
        )
        parts = render(objects.controller(name, site, image))
        before = [*kinds.ready, *nodes, *queue, bond]
        controller = ObjectGroup(
            f"{name}-karpenter", [one for one in parts if not _waits(one)], inside, after=before
        )
        rest = ObjectGroup(
            f"{name}-karpenter-budget",
            [one for one in parts if _waits(one)],
            inside,
            after=controller.ready,
        )
        pools = self._pools(profile, [*controller.ready, *role[1], entry], inside)
        self.ready = [*controller.ready, *rest.ready, *pools]
        self.register_outputs({})

    def _profile(self, role: iam.Role) -> iam.InstanceProfile:
        return iam.InstanceProfile(
            f"{self._name}-karpenter-nodes",
            iam.InstanceProfileArgs(
                name=self._site.roles.karpenter_nodes, role=role.name, tags={MANAGED: self._name}
            ),
            self._child,
        )

    def _entry(self, role: iam.Role) -> eks.AccessEntry:
        """Lets machines of the role join. EKS itself makes such an entry for node groups only."""
        return eks.AccessEntry(
            f"{self._name}-karpenter-nodes",
            eks.AccessEntryArgs(
                cluster_name=self._ground.control.cluster.name,
                principal_arn=role.arn,
                type="EC2_LINUX",
            ),
            self._child,
        )

    def _identity(self) -> eks.PodIdentityAssociation:
        name, site = f"{self._name}-karpenter", self._site
        role = iam.Role(
            name,
            iam.RoleArgs(
                name=site.roles.karpenter,
                assume_role_policy=pod_trust(site, self._name),
                tags={MANAGED: self._name},
            ),
            self._child,
        )
        document = pulumi.Output.from_input(self._ground.key).apply(
            lambda key: karpenter_policies.controller(
                self._name,
                site.region,
                site.account,
                queue=site.queue,
                node_role=site.roles.karpenter_nodes,
                key_arn=key,
            )
        )
        rights = iam.RolePolicy(name, iam.RolePolicyArgs(role=role.name, policy=document), self._child)
        return eks.PodIdentityAssociation(
            name,
            eks.PodIdentityAssociationArgs(
                cluster_name=self._ground.control.cluster.name,
                namespace=objects.NAMESPACE,
                service_account=objects.ACCOUNT,
                role_arn=role.arn,
                tags={MANAGED: self._name},
            ),
            pulumi.ResourceOptions(parent=self, depends_on=[rights]),
        )

    def _queue(self) -> list[pulumi.Resource]:
        """The queue, the rules that fill it, and their right to."""
        queue = sqs.Queue(
            f"{self._name}-interruptions",
            sqs.QueueArgs(
                name=self._site.queue,
                message_retention_seconds=RETENTION,
                sqs_managed_sse_enabled=True,
                tags={MANAGED: self._name},
            ),
            self._child,
        )
        rules = {part: self._rule(part, *event) for part, event in EVENTS.items()}
        document = pulumi.Output.all(queue.arn, *(rule.arn for rule in rules.values())).apply(
            lambda found: policies.queue(found[0], found[1:])
        )
        made: list[pulumi.Resource] = [
            sqs.QueuePolicy(
                f"{self._name}-interruptions",
                sqs.QueuePolicyArgs(queue_url=queue.id, policy=document),
                self._child,
            )
        ]
        for part, rule in rules.items():
            made.append(
                cloudwatch.EventTarget(
                    f"{self._name}-{part}",
                    cloudwatch.EventTargetArgs(rule=rule.name, arn=queue.arn, target_id="karpenter"),
                    self._child,
                )
            )
        return made

    def _rule(self, part: str, source: str, kind: str) -> cloudwatch.EventRule:
        return cloudwatch.EventRule(
            f"{self._name}-{part}",
            cloudwatch.EventRuleArgs(
                name=f"{self._name}-{part}",
                description=f"Tells Karpenter: {kind}",
                event_pattern=json.dumps({"source": [source], "detail-type": [kind]}),
                tags={MANAGED: self._name},
            ),
            self._child,
        )

    def _pools(
        self,
        profile: iam.InstanceProfile,
        after: Sequence[pulumi.Resource],
        inside: pulumi.ResourceOptions,
    ) -> Sequence[pulumi.Resource]:
        """Classes of nodes first, then the pools that name them: a pool without its class starts nothing."""
        site, name = self._site, self._name
        brought = site.network.subnets if isinstance(site.network, BroughtNetwork) else None
        classes = [
            objects.node_class(
                name,
                site,
                plan,
                profile=profile.name,
                key=self._ground.key,
                subnets=objects.subnet_terms(name, plan.shape.zones, brought),
            )
            for plan in site.provisioners
        ]
        made = ObjectGroup(f"{name}-node-classes", classes, inside, after=after)
        pools = [objects.node_pool(plan, site.window) for plan in site.provisioners]
        return [*made.ready, *ObjectGroup(f"{name}-node-pools", pools, inside, after=made.ready).ready]


def _waits(obj: Mapping[str, Any]) -> bool:
    """Whether an object is about pods that run already: who waits for the controller does not wait for it."""
    return obj["kind"] == "PodDisruptionBudget"
