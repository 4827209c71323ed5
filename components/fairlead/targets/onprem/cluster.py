"""The onprem target as a component: a cluster that stands is made to keep the contract."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi

from fairlead import labels
from fairlead.contract.group import ObjectGroup
from fairlead.contract.handle import ClusterHandle
from fairlead.plan.model import PlatformPlan
from fairlead.plan.sites.onprem import OnpremSite
from fairlead.targets.onprem import control_plane, identity, storage
from fairlead.targets.onprem.node_pools import NodePool


@dataclass(frozen=True)
class OnpremClusterArgs:
    """What a brought cluster is taken over with."""

    plan: PlatformPlan
    images: Mapping[str, str]
    """Image of the lock -> the reference from which nodes pull it."""
    render: Callable[[Any], Sequence[Mapping[str, Any]]]
    """Turns a chart's release into objects; this target installs none of its own."""


class OnpremCluster(pulumi.ComponentResource):
    """A cluster of others. `handle` is what the layers get."""

    handle: ClusterHandle

    def __init__(
        self, name: str, args: OnpremClusterArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("fairlead:onprem:OnpremCluster", name, {}, opts)
        plan, site = args.plan, _site(args.plan)
        child = pulumi.ResourceOptions(parent=self)
        kubeconfig = control_plane.kubeconfig(site, child)
        provider = control_plane.provider(name, site, kubeconfig, child)
        inside = pulumi.ResourceOptions(parent=self, provider=provider)
        pools = {
            pool.name: NodePool(f"{name}-{pool.name}", pool, site.nodes[pool.name], inside).handle
            for pool in plan.pools
        }
        classes = [storage.storage_class(key, source) for key, source in site.classes.items()]
        volumes = ObjectGroup(f"{name}-storage", classes, inside)
        self.handle = ClusterHandle(
            name=name,
            target=plan.target,
            provider=provider,
            kubeconfig=kubeconfig,
            pools=pools,
            images=args.images,
            system_selector={labels.POOL: next(pool.name for pool in plan.pools if not pool.accelerator)},
            storage_classes={key: key for key in site.classes},
            capabilities={one.name: one for one in plan.capabilities},
            ready=[*(one for pool in pools.values() for one in pool.ready), *volumes.ready],
            object_store=identity.object_store(site),
            identity=identity.workloads(site),
            context=site.context or None,
        )
        self.register_outputs({})


def _site(plan: PlatformPlan) -> OnpremSite:
    if not isinstance(plan.site, OnpremSite):
        raise TypeError(f"target {plan.target} is no brought cluster")
    return plan.site
