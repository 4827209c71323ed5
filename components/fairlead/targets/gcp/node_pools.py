"""Node pools: one resource for each node pool of the plan, a component for each pool of the platform."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
from pulumi_gcp import compute, container

from fairlead.contract.handle import NodePoolHandle
from fairlead.plan.model import PoolPlan
from fairlead.plan.sites.gcp_model import GcpSite, NodePoolPlan
from fairlead.plan.sites.gcp_network import PODS_PER_NODE
from fairlead.targets.gcp.control_plane import SCOPE
from fairlead.targets.gcp.spelling import seconds

RESERVATION = "compute.googleapis.com/reservation-name"
EFFECTS = {"NoSchedule": "NO_SCHEDULE"}
"""Kubernetes' word for a taint's effect -> that of the API. Discovery document container v1, NodeTaint; 2026-11-24"""


@dataclass(frozen=True)
class Ground:
    """What all node pools of a cluster stand on."""

    site: GcpSite
    cluster: container.Cluster
    key: pulumi.Input[str]
    node_account: pulumi.Input[str]
    subnets: Mapping[str, compute.Subnetwork]
    """Subnets between accelerators, by name."""
    policies: Mapping[str, compute.ResourcePolicy]
    after: Sequence[pulumi.Resource]


class NodePool(pulumi.ComponentResource):
    """One pool of the platform: all node pools of its ladder and its slices."""

    handle: NodePoolHandle

    def __init__(
        self,
        name: str,
        pool: PoolPlan,
        ground: Ground,
        after: Sequence[pulumi.Resource] = (),
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("fairlead:gcp:NodePool", name, {}, opts)
        plans = [plan for plan in ground.site.node_pools if plan.pool == pool.name]
        wait = [*ground.after, *after]
        self.handle = NodePoolHandle(pool, [self._one(plan, ground, wait) for plan in plans])
        self.register_outputs({})

    def _one(
        self, plan: NodePoolPlan, ground: Ground, after: Sequence[pulumi.Resource]
    ) -> container.NodePool:
        site = ground.site
        scaled = plan.fixed is None
        return container.NodePool(
            f"{site.cluster}-{plan.name}",
            name=plan.name,
            project=site.project,
            location=site.region,
            cluster=ground.cluster.name,
            node_locations=list(plan.zones),
            node_count=plan.fixed,
            initial_node_count=plan.initial if scaled else None,
            autoscaling=_autoscaling(plan) if scaled else None,
            max_pods_per_node=PODS_PER_NODE,
            management=container.NodePoolManagementArgs(auto_repair=plan.repair, auto_upgrade=True),
            upgrade_settings=container.NodePoolUpgradeSettingsArgs(
                strategy="SURGE", max_surge=plan.max_surge, max_unavailable=plan.max_unavailable
            ),
            node_drain_configs=[
                container.NodePoolNodeDrainConfigArgs(
                    grace_termination_duration=seconds(plan.drain_seconds),
                    pdb_timeout_duration=seconds(plan.drain_seconds),
                    respect_pdb_during_node_pool_deletion=True,
                )
            ],
            placement_policy=_placement(plan, ground),
            queued_provisioning=container.NodePoolQueuedProvisioningArgs(enabled=True)
            if plan.queued
            else None,
            network_config=_networks(plan, ground),
            node_config=_nodes(plan, ground),
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=list(after),
                # The autoscaler owns the number of nodes: the first one says nothing later.
                ignore_changes=["initialNodeCount"] if scaled else None,
            ),
        )


def _autoscaling(plan: NodePoolPlan) -> container.NodePoolAutoscalingArgs:
    """Where there is capacity comes before spreading: accelerators are rarely to be had in every zone."""
    policy = "ANY" if plan.guest_accelerator or plan.tpu or plan.spot else "BALANCED"
    return container.NodePoolAutoscalingArgs(
        total_min_node_count=plan.least, total_max_node_count=plan.most, location_policy=policy
    )


def _placement(plan: NodePoolPlan, ground: Ground) -> container.NodePoolPlacementPolicyArgs | None:
    if plan.policy:
        return container.NodePoolPlacementPolicyArgs(
            type="COMPACT", policy_name=ground.policies[plan.policy].name
        )
    if plan.slice_topology:
        return container.NodePoolPlacementPolicyArgs(type="COMPACT", tpu_topology=plan.slice_topology)
    return container.NodePoolPlacementPolicyArgs(type="COMPACT") if plan.compact else None


def _networks(plan: NodePoolPlan, ground: Ground) -> container.NodePoolNetworkConfigArgs:
    further = [
        container.NodePoolNetworkConfigAdditionalNodeNetworkConfigArgs(
            network=one.network, subnetwork=ground.subnets[one.subnet].name
        )
        for one in plan.networks
    ]
    return container.NodePoolNetworkConfigArgs(
        enable_private_nodes=True, additional_node_network_configs=further or None
    )


def _nodes(plan: NodePoolPlan, ground: Ground) -> container.NodePoolNodeConfigArgs:
    """What the nodes are. GKE taints nodes with GPUs and TPUs by itself, and refuses that taint twice."""
    return container.NodePoolNodeConfigArgs(
        machine_type=plan.machine_type,
        image_type=plan.image,
        disk_size_gb=plan.disk_gib,
        disk_type=plan.disk_type,
        boot_disk_kms_key=ground.key,
        service_account=ground.node_account,
        oauth_scopes=[SCOPE],
        labels=dict(plan.labels),
        resource_labels=dict(ground.site.labels),
        metadata={"disable-legacy-endpoints": "true"},
        spot=plan.spot or None,
        flex_start=plan.flex or None,
        max_run_duration=seconds(plan.max_seconds) if plan.max_seconds else None,
        guest_accelerators=_accelerators(plan),
        taints=_taints(plan),
        reservation_affinity=_affinity(plan),
        ephemeral_storage_local_ssd_config=container.NodePoolNodeConfigEphemeralStorageLocalSsdConfigArgs(
            local_ssd_count=plan.ephemeral_ssds
        )
        if plan.ephemeral_ssds
        else None,
        local_nvme_ssd_block_config=container.NodePoolNodeConfigLocalNvmeSsdBlockConfigArgs(
            local_ssd_count=plan.raw_ssds
        )
        if plan.raw_ssds
        else None,
        gcfs_config=container.NodePoolNodeConfigGcfsConfigArgs(enabled=plan.streaming),
        secondary_boot_disks=[
            container.NodePoolNodeConfigSecondaryBootDiskArgs(disk_image=image, mode="CONTAINER_IMAGE_CACHE")
            for image in plan.cache
        ]
        or None,
        gvnic=container.NodePoolNodeConfigGvnicArgs(enabled=True),
        shielded_instance_config=container.NodePoolNodeConfigShieldedInstanceConfigArgs(
            enable_secure_boot=True, enable_integrity_monitoring=True
        ),
        workload_metadata_config=container.NodePoolNodeConfigWorkloadMetadataConfigArgs(mode="GKE_METADATA"),
        # Images of jobs say themselves on which architecture they run: no other taint than the contract's.
        taint_config=container.NodePoolNodeConfigTaintConfigArgs(architecture_taint_behavior="NONE")
        if plan.arch == "arm64"
        else None,
    )


def _accelerators(plan: NodePoolPlan) -> list[container.NodePoolNodeConfigGuestAcceleratorArgs] | None:
    """GPUs and the driver that GKE installs. TPUs belong to the machine type and are not listed."""
    if plan.guest_accelerator is None:
        return None
    driver = container.NodePoolNodeConfigGuestAcceleratorGpuDriverInstallationConfigArgs(
        gpu_driver_version=plan.driver
    )
    shared = container.NodePoolNodeConfigGuestAcceleratorGpuSharingConfigArgs(
        gpu_sharing_strategy=plan.sharing, max_shared_clients_per_gpu=plan.clients
    )
    return [
        container.NodePoolNodeConfigGuestAcceleratorArgs(
            type=plan.guest_accelerator,
            count=plan.guest_count,
            gpu_driver_installation_config=driver,
            gpu_partition_size=plan.partition or None,
            gpu_sharing_config=shared if plan.sharing else None,
        )
    ]


def _taints(plan: NodePoolPlan) -> list[container.NodePoolNodeConfigTaintArgs] | None:
    """Taints that GKE does not set by itself."""
    return [
        container.NodePoolNodeConfigTaintArgs(key=one.key, value=one.value, effect=EFFECTS[one.effect])
        for one in plan.taints
    ] or None


def _affinity(plan: NodePoolPlan) -> container.NodePoolNodeConfigReservationAffinityArgs:
    """Only what the ladder calls reserved takes from a reservation."""
    if plan.reservation:
        return container.NodePoolNodeConfigReservationAffinityArgs(
            consume_reservation_type="SPECIFIC_RESERVATION", key=RESERVATION, values=[plan.reservation]
        )
    return container.NodePoolNodeConfigReservationAffinityArgs(consume_reservation_type="NO_RESERVATION")
