"""The Google Cloud target as a component: everything from the key to the storage classes, and the handle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
from pulumi_gcp import Provider, ProviderArgs, compute, projects

from fairlead import labels
from fairlead.contract.chart import Renderer
from fairlead.contract.group import ObjectGroup
from fairlead.contract.handle import ClusterHandle, ObjectStore, WorkloadIdentity
from fairlead.plan.model import PlatformPlan
from fairlead.plan.sites.gcp_model import GcpSite
from fairlead.targets.gcp import autoscaling, databases, identity, storage
from fairlead.targets.gcp.control_plane import ControlPlane, ControlPlaneArgs
from fairlead.targets.gcp.keys import Key
from fairlead.targets.gcp.logs import Logs
from fairlead.targets.gcp.network import Fabric, Network
from fairlead.targets.gcp.node_pools import Ground, NodePool
from fairlead.targets.gcp.secrets import Secrets


@dataclass(frozen=True)
class GcpClusterArgs:
    """What the cluster is made of."""

    plan: PlatformPlan
    images: Mapping[str, str]
    """Image of the lock -> the reference that pods of this cluster use."""
    render: Renderer
    """Renders charts. GKE brings what other targets install by charts, so nothing is rendered here."""


def provider(name: str, site: GcpSite) -> Provider:
    """The one provider to Google Cloud: the platform's project and region, whatever this machine is set to."""
    return Provider(name, ProviderArgs(project=site.project, region=site.region))


class GcpCluster(pulumi.ComponentResource):
    """A cluster of Google Kubernetes Engine. `handle` is what the layers get."""

    handle: ClusterHandle

    def __init__(self, name: str, args: GcpClusterArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("fairlead:gcp:GcpCluster", name, {}, opts)
        plan, site = args.plan, _site(args.plan)
        self._google = provider(name, site)
        child = self._child = pulumi.ResourceOptions(parent=self, providers=[self._google])
        services = self._services(name, site)
        services = [*services, *self._agents(name, site, services)]
        key = Key(name, site, services, child)
        if site.workload_logs:
            Logs(name, site, site.workload_logs, services, child)
        network = Network(name, site, services, child)
        people = identity.Identity(name, site, services, child)
        control = ControlPlane(
            name,
            ControlPlaneArgs(
                site=site,
                network=network.network,
                subnet=network.subnet,
                key=key.id,
                node_account=people.node_account,
                after=[*key.ready, *network.ready, *people.ready],
            ),
            child,
        )
        ground = Ground(
            site=site,
            cluster=control.cluster,
            key=key.id,
            node_account=people.node_account,
            subnets=self._fabrics(name, site, services),
            policies=self._policies(name, site, services),
            after=[*key.ready, *people.ready],
        )
        inside = pulumi.ResourceOptions(parent=self, provider=control.provider)
        further = ObjectGroup(f"{name}-networks", autoscaling.networks(site), inside, after=[control.cluster])
        pools = self._pools(name, plan, ground, further.ready)
        bucket = storage.ObjectStoreBucket(name, site, key.id, key.ready, child)
        secrets = Secrets(name, site, [control.cluster], child) if site.secrets else None
        outside = databases.DatabasesArgs(
            site, network.network, network.subnet, key.id, [*key.ready, *network.ready]
        )
        servers = databases.Databases(name, outside, child) if site.servers else None
        nodes = [resource for pool in pools.values() for resource in pool.handle.ready]
        volumes = storage.fuse_volumes(site, bucket.name)
        objects = [*storage.classes(site, key.id), *volumes, *identity.admin_bindings(site)]
        base = ObjectGroup(f"{name}-base", objects, inside, after=[control.cluster])
        order = ObjectGroup(f"{name}-ladder", autoscaling.compute_class(site), inside, after=nodes)
        parallel = self._parallel(plan, key, network.ready, inside)
        self.handle = ClusterHandle(
            name=name,
            target=plan.target,
            provider=control.provider,
            kubeconfig=control.kubeconfig,
            pools={pool: one.handle for pool, one in pools.items()},
            images=args.images,
            system_selector={labels.POOL: system_pool(plan)},
            storage_classes={storage.BLOCK: storage.BLOCK}
            | ({storage.SHARED: storage.SHARED} if site.storage.shared else {}),
            capabilities={one.name: one for one in plan.capabilities},
            ready=[
                *(*base.ready, *order.ready, *parallel, *nodes),
                *(secrets.ready if secrets else ()),
            ],
            databases=servers.handle if servers else {},
            object_store=ObjectStore(bucket.uris, storage.ENDPOINT, site.region, storage.reach(site)),
            secrets=secrets.handle if secrets else {},
            identity=WorkloadIdentity({one.share.name: {} for one in site.store.folders}, {}),
        )
        self.register_outputs({})

    def _direct(self, after: Sequence[pulumi.Resource] = ()) -> pulumi.ResourceOptions:
        """Options of what belongs to no smaller component."""
        return pulumi.ResourceOptions(parent=self, provider=self._google, depends_on=list(after))

    def _services(self, name: str, site: GcpSite) -> list[pulumi.Resource]:
        return [
            projects.Service(
                f"{name}-{service.partition('.')[0]}",
                service=service,
                project=site.project,
                disable_on_destroy=False,
                opts=self._direct(),
            )
            for service in site.services
        ]

    def _agents(self, name: str, site: GcpSite, after: Sequence[pulumi.Resource]) -> list[pulumi.Resource]:
        """Agents of services that make theirs only when they are asked to."""
        return [
            projects.ServiceIdentity(
                f"{name}-agent-{service.partition('.')[0]}",
                service=service,
                project=site.project,
                opts=self._direct(after),
            )
            for service in site.agents
        ]

    def _fabrics(
        self, name: str, site: GcpSite, services: Sequence[pulumi.Resource]
    ) -> dict[str, compute.Subnetwork]:
        made = [
            Fabric(f"{name}-{plan.objects[0]}", site, plan, services, self._child) for plan in site.fabrics
        ]
        return {subnet: found for one in made for subnet, found in one.subnets.items()}

    def _policies(
        self, name: str, site: GcpSite, services: Sequence[pulumi.Resource]
    ) -> dict[str, compute.ResourcePolicy]:
        return {
            plan.name: compute.ResourcePolicy(
                f"{name}-{plan.topology}",
                name=plan.name,
                project=site.project,
                region=site.region,
                workload_policy=compute.ResourcePolicyWorkloadPolicyArgs(
                    type="HIGH_THROUGHPUT", accelerator_topology=plan.topology
                ),
                opts=self._direct(services),
            )
            for plan in site.policies
        }

    def _pools(
        self, name: str, plan: PlatformPlan, ground: Ground, networks: Sequence[pulumi.Resource]
    ) -> dict[str, NodePool]:
        """Plain pools first: GKE taints nodes with GPUs by itself only where there are nodes without."""
        plain = {
            pool.name: NodePool(f"{name}-{pool.name}", pool, ground, opts=self._child)
            for pool in plan.pools
            if pool.accelerator is None
        }
        stand = [*networks, *(resource for one in plain.values() for resource in one.handle.ready)]
        others = {
            pool.name: NodePool(f"{name}-{pool.name}", pool, ground, stand, self._child)
            for pool in plan.pools
            if pool.accelerator is not None
        }
        return {pool.name: (plain | others)[pool.name] for pool in plan.pools}

    def _parallel(
        self,
        plan: PlatformPlan,
        key: Key,
        network: Sequence[pulumi.Resource],
        inside: pulumi.ResourceOptions,
    ) -> Sequence[pulumi.Resource]:
        name, site = plan.name, _site(plan)
        lustre = site.storage.lustre
        if lustre is None:
            return []
        after = [*key.ready, *network]
        made = storage.ParallelStorage(name, site, lustre, key.id, after, self._child)
        namespaces = [tenant.namespace for tenant in plan.tenants]
        objects = storage.parallel_objects(site, lustre, made.address, namespaces)
        return ObjectGroup(f"{name}-parallel", objects, inside, after=[made.ready]).ready


def _site(plan: PlatformPlan) -> GcpSite:
    if not isinstance(plan.site, GcpSite):
        raise TypeError(f"the plan is for {plan.target}")
    return plan.site


def system_pool(plan: PlatformPlan) -> str:
    """The pool of the platform's own pods: the first one without accelerators that always has nodes."""
    return next(pool.name for pool in plan.pools if pool.accelerator is None and pool.min_nodes)
