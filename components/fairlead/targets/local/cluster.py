"""The local target as a component: adopts the running control plane, adds nodes, DNS and storage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pulumi

from fairlead import labels
from fairlead.contract.chart import Renderer
from fairlead.contract.group import ObjectGroup
from fairlead.contract.handle import ClusterHandle
from fairlead.plan.model import PlatformPlan
from fairlead.plan.sites.local import LocalSite
from fairlead.targets.local import control_plane, network, storage
from fairlead.targets.local.autoscaling import CHART, Autoscaling
from fairlead.targets.local.node_pools import NodePool


@dataclass(frozen=True)
class LocalClusterArgs:
    """What the local cluster is made of."""

    plan: PlatformPlan
    kubeconfig: Path
    images: Mapping[str, str]
    """Image of the lock -> the reference under which the node has it."""
    volumes: Path
    """Directory of all volumes; it goes with the cluster."""
    render: Renderer


class LocalCluster(pulumi.ComponentResource):
    """A cluster on this machine. `handle` is what the layers get."""

    handle: ClusterHandle

    def __init__(self, name: str, args: LocalClusterArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("fairlead:local:LocalCluster", name, {}, opts)
        plan = args.plan
        provider = control_plane.provider(name, args.kubeconfig, pulumi.ResourceOptions(parent=self))
        inside = pulumi.ResourceOptions(parent=self, provider=provider)
        pools = {pool.name: NodePool(f"{name}-{pool.name}", pool, inside).handle for pool in plan.pools}
        system = {labels.POOL: next(pool.name for pool in plan.pools if not pool.simulated)}
        dns = ObjectGroup(f"{name}-dns", network.dns(args.images["coredns"], system), inside)
        fence = ObjectGroup(f"{name}-policies", network.policies(args.images["kube-router"], system), inside)
        stores = storage.objects(args.images, system, str(args.volumes))
        volumes = ObjectGroup(f"{name}-storage", stores, inside)
        grown = self._autoscaling(name, args, system, inside)
        self.handle = ClusterHandle(
            name=name,
            target=plan.target,
            provider=provider,
            kubeconfig=pulumi.Output.from_input(str(args.kubeconfig)),
            pools=pools,
            images=args.images,
            system_selector=system,
            storage_classes=storage.CLASSES,
            capabilities={one.name: one for one in plan.capabilities},
            ready=[*dns.ready, *fence.ready, *volumes.ready, *grown],
        )
        self.register_outputs({})

    def _autoscaling(
        self, name: str, args: LocalClusterArgs, system: Mapping[str, str], inside: pulumi.ResourceOptions
    ) -> Sequence[pulumi.Resource]:
        """What makes nodes for pods that wait, where a pool grows; what to wait for."""
        site = args.plan.site
        if not isinstance(site, LocalSite):
            raise TypeError(f"{type(site).__name__} is not local")
        if not site.provisioners:
            return []
        pools = {pool.name: pool for pool in args.plan.pools}
        image = args.images[CHART]
        made = Autoscaling(f"{name}-karpenter", site.provisioners, pools, image, system, args.render, inside)
        return made.ready
