"""The AWS target as a component: a cluster of EKS with all that belongs to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from fairlead import labels
from fairlead.contract.chart import Renderer
from fairlead.contract.handle import ClusterHandle, NodePoolHandle, ObjectStore, WorkloadIdentity
from fairlead.plan.model import PlatformPlan
from fairlead.plan.sites.aws_model import AwsSite
from fairlead.targets.aws.autoscaling import Autoscaling
from fairlead.targets.aws.bucket import Bucket, reach
from fairlead.targets.aws.control_plane import ControlPlane
from fairlead.targets.aws.databases import Databases, DatabasesArgs
from fairlead.targets.aws.identity import AddonRoles, PipelineIdentity, ShareIdentities
from fairlead.targets.aws.keys import Keys
from fairlead.targets.aws.logs import log_groups
from fairlead.targets.aws.network import Network
from fairlead.targets.aws.node_pools import Fabric, Ground, NodePool, node_role, placement_groups
from fairlead.targets.aws.secrets import Secrets
from fairlead.targets.aws.spelling import MANAGED
from fairlead.targets.aws.storage import Storage, StorageArgs


@dataclass(frozen=True)
class AwsClusterArgs:
    """What the cluster is made of."""

    plan: PlatformPlan
    images: Mapping[str, str]
    """Image of the lock -> the reference that pods use."""
    render: Renderer
    """Renders the charts of the lock."""


def provider(name: str, site: AwsSite) -> aws.Provider:
    """The one provider to AWS. It works in the platform's region, and refuses any account but the platform's."""
    return aws.Provider(
        name,
        region=site.region,
        allowed_account_ids=[site.account],
        default_tags=aws.ProviderDefaultTagsArgs(tags={MANAGED: name}),
    )


class AwsCluster(pulumi.ComponentResource):
    """A cluster of EKS. `handle` is what the layers get."""

    handle: ClusterHandle

    def __init__(self, name: str, args: AwsClusterArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("fairlead:aws:AwsCluster", name, {}, opts)
        plan, site = args.plan, _site(args.plan)
        self._name, self._plan, self._site = name, plan, site
        self._child = pulumi.ResourceOptions(parent=self, providers=[provider(name, site)])
        key = Keys(name, site, self._child).arn
        network = Network(name, site, key, self._child)
        control = ControlPlane(name, site, network.subnets, key, self._child)
        addon_roles = AddonRoles(name, site, key, self._child)
        early = [one for one in site.addons if one.before_nodes]
        late = [one for one in site.addons if not one.before_nodes]
        first = control.addons(early, addon_roles.roles, addon_roles.ready)
        ground = self._ground(control, network, key, first)
        groups = {
            one.shape.pool: NodePool(f"{name}-{one.name}", site, one, ground, self._child)
            for one in site.groups
        }
        nodes = [made for group in groups.values() for made in group.ready]
        # Only these: machines with accelerators may be long in coming, and no add-on needs them.
        system = groups[site.system_pool].ready
        kept = log_groups(name, site.workload_logs, key, self._child) if site.workload_logs else ()
        added = control.addons(late, addon_roles.roles, [*addon_roles.ready, *system, *kept])
        bucket = Bucket(name, site, key, self._child)
        stores = StorageArgs(site, plan.tenants, control, network.subnets, key, bucket, added)
        storage = Storage(name, stores, self._child)
        identities = ShareIdentities(name, site, control, key, self._child)
        outside = DatabasesArgs(site, network.subnets, key, control.group, identities.roles)
        servers = Databases(name, outside, self._child) if site.servers else None
        secrets = Secrets(name, site, control.cluster, key, self._child) if site.secrets else None
        if site.pipeline:
            PipelineIdentity(name, site, site.pipeline, control, self._child)
        growing = self._growing(ground, args, [*system, *added])
        self.handle = ClusterHandle(
            name=name,
            target=plan.target,
            provider=control.provider,
            kubeconfig=control.kubeconfig,
            pools=self._pools(groups, growing),
            images=args.images,
            system_selector={labels.POOL: site.system_pool},
            storage_classes=storage.classes,
            capabilities={one.name: one for one in plan.capabilities},
            ready=[
                *nodes,
                *added,
                *storage.ready,
                *bucket.ready,
                *identities.ready,
                *growing,
                *(secrets.ready if secrets else ()),
            ],
            object_store=self._store(bucket),
            databases=servers.handle if servers else {},
            secrets=secrets.handle if secrets else {},
            identity=WorkloadIdentity({share.name: {} for share in site.store.shares}, {}),
        )
        self.register_outputs({})

    def _ground(
        self,
        control: ControlPlane,
        network: Network,
        key: pulumi.Input[str],
        first: Sequence[pulumi.Resource],
    ) -> Ground:
        name, site = self._name, self._site
        role, rights = node_role(f"{name}-nodes", site.roles.nodes, name, self._child)
        return Ground(
            control=control,
            subnets=network.subnets,
            key=key,
            role=role,
            fabric=Fabric(name, network.subnets, self._child).group if site.fabric else None,
            placement=placement_groups(name, site, self._child),
            ready=[*first, *rights, *network.subnets.ready],
        )

    def _growing(
        self, ground: Ground, args: AwsClusterArgs, after: Sequence[pulumi.Resource]
    ) -> Sequence[pulumi.Resource]:
        """Karpenter, where a pool may grow."""
        if not self._site.provisioners:
            return ()
        image, render = args.images["karpenter"], args.render
        return Autoscaling(self._name, self._site, ground, image, render, after, self._child).ready

    def _pools(
        self, groups: Mapping[str, NodePool], growing: Sequence[pulumi.Resource]
    ) -> dict[str, NodePoolHandle]:
        """A pool stands when its own nodes do, and one that grows when Karpenter knows of it."""
        return {
            pool.name: NodePoolHandle(
                pool,
                [
                    *(groups[pool.name].ready if pool.name in groups else ()),
                    *(growing if pool.max_nodes > pool.min_nodes else ()),
                ],
            )
            for pool in self._plan.pools
        }

    def _store(self, bucket: Bucket) -> ObjectStore:
        region = self._site.region
        host = f"s3.{region}.amazonaws.com"
        return ObjectStore(
            uris={
                share.name: pulumi.Output.concat("s3://", bucket.name, "/", share.name)
                for share in self._site.store.shares
            },
            endpoint=f"https://{host}",
            region=region,
            reach=reach(self._site),
        )


def _site(plan: PlatformPlan) -> AwsSite:
    """The site of the plan. Raises TypeError for a plan of another target."""
    if not isinstance(plan.site, AwsSite):
        raise TypeError(f"the plan is of target {plan.target}")
    return plan.site
