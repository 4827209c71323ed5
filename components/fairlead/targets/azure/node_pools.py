"""Agent pools: one for each step of a pool's ladder, the first of them made with the cluster."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi
from pulumi_azure_native import compute, containerservice

from fairlead.plan.sites.azure_model import AgentPoolPlan, AzureSite
from fairlead.targets.azure.group import ResourceGroups
from fairlead.targets.azure.identity import Identities, grant
from fairlead.targets.azure.immutable import pools_keep_what_is_fixed

MAX_PODS = 110
"""Pods of a node: what the plan's figures of free memory count with."""


class NodePools(pulumi.ComponentResource):
    """Every agent pool but the system pool. `ready`: pool of the spec -> its agent pools."""

    ready: dict[str, list[pulumi.Resource]]

    def __init__(
        self,
        name: str,
        site: AzureSite,
        parts: tuple[ResourceGroups, Identities, pulumi.Input[str]],
        cluster: containerservice.ManagedCluster,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """parts: resource groups, identities, id of the nodes' subnet."""
        super().__init__("fairlead:azure:NodePools", name, {}, opts)
        self._site, self._cluster = site, cluster
        self._groups, self._identities, self._subnet = parts
        self.ready = {}
        near = {pool.proximity: self._near(f"{name}-{pool.proximity}", pool) for pool in _compact(site)}
        reserved = self._reservations(name)
        hooks = pools_keep_what_is_fixed(name)
        for pool in site.agent_pools:
            made = cluster if pool.system else self._pool(name, pool, near, reserved, hooks)
            self.ready.setdefault(pool.pool, []).append(made)
        self.register_outputs({})

    def _near(
        self, name: str, pool: AgentPoolPlan
    ) -> tuple[compute.ProximityPlacementGroup, pulumi.Resource]:
        group = compute.ProximityPlacementGroup(
            name,
            compute.ProximityPlacementGroupArgs(
                resource_group_name=self._groups.cluster.name,
                proximity_placement_group_name=name,
                location=self._site.region,
                proximity_placement_group_type=compute.ProximityPlacementGroupType.STANDARD,
                zones=list(pool.zones),
                intent=compute.ProximityPlacementGroupPropertiesIntentArgs(vm_sizes=[pool.vm_size]),
            ),
            pulumi.ResourceOptions(parent=self),
        )
        opts = pulumi.ResourceOptions(parent=self)
        uses = grant(name, self._site, "Contributor", group.id, self._identities.cluster, opts)
        return group, uses

    def _reservations(self, name: str) -> dict[str, pulumi.Resource]:
        """The cluster may use the reservations that its pools name."""
        wanted = sorted({pool.reservation for pool in self._site.agent_pools if pool.reservation})
        opts = pulumi.ResourceOptions(parent=self)
        site, identity = self._site, self._identities.cluster
        return {
            one: grant(f"{name}-{one.rpartition('/')[2]}", site, "Contributor", one, identity, opts)
            for one in wanted
        }

    def _pool(
        self,
        name: str,
        pool: AgentPoolPlan,
        near: Mapping[str, tuple[compute.ProximityPlacementGroup, pulumi.Resource]],
        reserved: Mapping[str, pulumi.Resource],
        hooks: pulumi.ResourceHookBinding,
    ) -> containerservice.AgentPool:
        place, may_place = near.get(pool.proximity, (None, None))
        waits = [one for one in (may_place, reserved.get(pool.reservation)) if one]
        return containerservice.AgentPool(
            f"{name}-{pool.name}",
            pulumi.ResourceOptions(
                parent=self,
                depends_on=waits,
                hooks=hooks,
                ignore_changes=["count"] if pool.scaled else [],
            ),
            resource_group_name=self._groups.cluster.name,
            resource_name_=self._cluster.name,
            agent_pool_name=pool.name,
            mode=containerservice.AgentPoolMode.USER,
            type=containerservice.AgentPoolType.VIRTUAL_MACHINE_SCALE_SETS,
            orchestrator_version=self._site.version,
            vm_size=pool.vm_size,
            os_type=containerservice.OSType.LINUX,
            os_sku=pool.os_sku,
            os_disk_type=pool.os_disk,
            os_disk_size_gb=pool.os_disk_gib,
            count=pool.count,
            enable_auto_scaling=pool.scaled,
            min_count=pool.smallest if pool.scaled else None,
            max_count=pool.largest if pool.scaled else None,
            scale_down_mode=containerservice.ScaleDownMode.DELETE,
            availability_zones=list(pool.zones),
            vnet_subnet_id=self._subnet,
            max_pods=MAX_PODS,
            node_labels=dict(pool.labels),
            node_taints=list(pool.taints),
            tags=dict(pool.tags),
            scale_set_priority=_priority(pool),
            scale_set_eviction_policy=containerservice.ScaleSetEvictionPolicy.DELETE if pool.spot else None,
            # Up to the price on demand: evicted for want of capacity, never for the price.
            spot_max_price=-1 if pool.spot else None,
            gpu_profile=_driver(pool),
            gpu_instance_profile=pool.gpu_instance_profile or None,
            capacity_reservation_group_id=pool.reservation or None,
            proximity_placement_group_id=place.id if place else None,
            upgrade_settings=_upgrade(pool),
            enable_encryption_at_host=self._site.host_encryption,
            enable_node_public_ip=False,
            security_profile=_closed(),
        )


def _compact(site: AzureSite) -> list[AgentPoolPlan]:
    found = {pool.proximity: pool for pool in site.agent_pools if pool.proximity}
    return list(found.values())


def _priority(pool: AgentPoolPlan) -> containerservice.ScaleSetPriority:
    return containerservice.ScaleSetPriority.SPOT if pool.spot else containerservice.ScaleSetPriority.REGULAR


def _driver(pool: AgentPoolPlan) -> containerservice.GPUProfileArgs | None:
    return containerservice.GPUProfileArgs(driver=pool.gpu_driver) if pool.gpu_driver else None


def _upgrade(pool: AgentPoolPlan) -> containerservice.AgentPoolUpgradeSettingsArgs | None:
    if not pool.max_surge:
        return None
    return containerservice.AgentPoolUpgradeSettingsArgs(
        max_surge=pool.max_surge,
        max_unavailable=pool.max_unavailable,
        drain_timeout_in_minutes=pool.drain_minutes,
        undrainable_node_behavior=containerservice.UndrainableNodeBehavior.CORDON,
    )


def _closed() -> containerservice.AgentPoolSecurityProfileArgs:
    """Nobody signs in to a node."""
    return containerservice.AgentPoolSecurityProfileArgs(
        ssh_access=containerservice.AgentPoolSSHAccess.DISABLED
    )


def system_profile(
    site: AzureSite, subnet: pulumi.Input[str]
) -> containerservice.ManagedClusterAgentPoolProfileArgs:
    """The pool that AKS demands with the cluster: the first plain one of the spec."""
    pool = next(one for one in site.agent_pools if one.system)
    return containerservice.ManagedClusterAgentPoolProfileArgs(
        name=pool.name,
        mode=containerservice.AgentPoolMode.SYSTEM,
        type=containerservice.AgentPoolType.VIRTUAL_MACHINE_SCALE_SETS,
        orchestrator_version=site.version,
        vm_size=pool.vm_size,
        os_type=containerservice.OSType.LINUX,
        os_sku=pool.os_sku,
        os_disk_type=pool.os_disk,
        os_disk_size_gb=pool.os_disk_gib,
        count=pool.count,
        enable_auto_scaling=pool.scaled,
        min_count=pool.smallest if pool.scaled else None,
        max_count=pool.largest if pool.scaled else None,
        availability_zones=list(pool.zones),
        vnet_subnet_id=subnet,
        max_pods=MAX_PODS,
        node_labels=dict(pool.labels),
        tags=dict(pool.tags),
        upgrade_settings=_upgrade(pool),
        enable_encryption_at_host=site.host_encryption,
        enable_node_public_ip=False,
        security_profile=_closed(),
    )
