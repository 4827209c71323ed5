"""The cluster itself: private, on Dataplane V2, with its logs, its encryption and its windows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as kubernetes
from pulumi_gcp import container
from pulumi_gcp.container import outputs as container_outputs

from fairlead.plan.sites.gcp_model import GcpSite
from fairlead.plan.sites.gcp_network import PODS_PER_NODE
from fairlead.targets.gcp.spelling import kubeconfig

SCOPE = "https://www.googleapis.com/auth/cloud-platform"
"""What nodes may do, the roles of their account say."""
LOGS = ("SYSTEM_COMPONENTS", "APISERVER", "SCHEDULER", "CONTROLLER_MANAGER")
"""The audit log of the API server is always on beside these."""
OUTPUT = "WORKLOADS"
"""What containers write that are not GKE's own."""
METRICS = (
    *("SYSTEM_COMPONENTS", "APISERVER", "SCHEDULER", "CONTROLLER_MANAGER", "STORAGE", "HPA", "POD"),
    *("DAEMONSET", "DEPLOYMENT", "STATEFULSET", "KUBELET", "CADVISOR", "DCGM", "JOBSET"),
)


@dataclass(frozen=True)
class ControlPlaneArgs:
    """What the cluster stands on."""

    site: GcpSite
    network: pulumi.Input[str]
    subnet: pulumi.Input[str]
    key: pulumi.Input[str]
    node_account: pulumi.Input[str]
    after: Sequence[pulumi.Resource]


class ControlPlane(pulumi.ComponentResource):
    """The control plane without node pools, and the one Kubernetes provider of the cluster."""

    cluster: container.Cluster
    provider: kubernetes.Provider
    kubeconfig: pulumi.Output[str]

    def __init__(self, name: str, args: ControlPlaneArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("fairlead:gcp:ControlPlane", name, {}, opts)
        site = args.site
        self.cluster = container.Cluster(
            name,
            name=site.cluster,
            project=site.project,
            location=site.region,
            node_locations=list(site.zones),
            resource_labels=dict(site.labels),
            deletion_protection=site.protect,
            # The API makes a cluster only with a node pool: it is removed at once.
            remove_default_node_pool=True,
            initial_node_count=1,
            node_config=_first_nodes(args),
            network=args.network,
            subnetwork=args.subnet,
            networking_mode="VPC_NATIVE",
            datapath_provider="ADVANCED_DATAPATH",
            # It cannot be switched on later: a first pool with its own networks would ask for another cluster.
            enable_multi_networking=True,
            default_max_pods_per_node=PODS_PER_NODE,
            ip_allocation_policy=container.ClusterIpAllocationPolicyArgs(
                cluster_secondary_range_name=site.network.pods,
                services_secondary_range_name=site.network.services,
            ),
            dns_config=container.ClusterDnsConfigArgs(cluster_dns="KUBE_DNS"),
            release_channel=container.ClusterReleaseChannelArgs(channel=site.channel),
            min_master_version=site.version,
            maintenance_policy=_maintenance(site),
            workload_identity_config=container.ClusterWorkloadIdentityConfigArgs(
                workload_pool=site.workload_pool
            ),
            database_encryption=container.ClusterDatabaseEncryptionArgs(state="ENCRYPTED", key_name=args.key),
            addons_config=_addons(site),
            cluster_autoscaling=container.ClusterClusterAutoscalingArgs(
                enabled=False,
                autoscaling_profile="OPTIMIZE_UTILIZATION",
                default_compute_class_enabled=bool(site.ladder) or None,
            ),
            logging_config=container.ClusterLoggingConfigArgs(
                enable_components=[*LOGS, *([OUTPUT] if site.workload_logs else [])]
            ),
            monitoring_config=container.ClusterMonitoringConfigArgs(
                enable_components=list(METRICS),
                managed_prometheus=container.ClusterMonitoringConfigManagedPrometheusArgs(enabled=True),
            ),
            cost_management_config=container.ClusterCostManagementConfigArgs(enabled=True),
            vertical_pod_autoscaling=container.ClusterVerticalPodAutoscalingArgs(enabled=False),
            private_cluster_config=container.ClusterPrivateClusterConfigArgs(
                enable_private_nodes=True,
                enable_private_endpoint=not site.public,
                master_global_access_config=container.ClusterPrivateClusterConfigMasterGlobalAccessConfigArgs(
                    enabled=True
                ),
            ),
            control_plane_endpoints_config=_endpoints(site),
            master_authorized_networks_config=_allowed(site),
            authenticator_groups_config=_groups(site),
            anonymous_authentication_config=container.ClusterAnonymousAuthenticationConfigArgs(
                mode="LIMITED"
            ),
            rbac_binding_config=container.ClusterRbacBindingConfigArgs(
                enable_insecure_binding_system_authenticated=False,
                enable_insecure_binding_system_unauthenticated=False,
            ),
            security_posture_config=container.ClusterSecurityPostureConfigArgs(mode="BASIC"),
            node_pool_defaults=container.ClusterNodePoolDefaultsArgs(
                node_config_defaults=container.ClusterNodePoolDefaultsNodeConfigDefaultsArgs(
                    insecure_kubelet_readonly_port_enabled="FALSE"
                )
            ),
            enable_shielded_nodes=True,
            enable_legacy_abac=False,
            enable_l4_ilb_subsetting=True,
            service_external_ips_config=container.ClusterServiceExternalIpsConfigArgs(enabled=False),
            opts=pulumi.ResourceOptions(
                parent=self,
                protect=site.protect,
                depends_on=list(args.after),
                # The node pool that it describes is gone after creation.
                ignore_changes=["nodeConfig"],
            ),
        )
        self.kubeconfig = _kubeconfig(site, self.cluster)
        self.provider = kubernetes.Provider(
            name,
            kubeconfig=self.kubeconfig,
            cluster_identifier=name,
            enable_server_side_apply=True,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({})


def _first_nodes(args: ControlPlaneArgs) -> container.ClusterNodeConfigArgs:
    """The nodes that come and go while the cluster is made: no less guarded than the others."""
    return container.ClusterNodeConfigArgs(
        machine_type="e2-standard-2",
        service_account=args.node_account,
        oauth_scopes=[SCOPE],
        boot_disk_kms_key=args.key,
        shielded_instance_config=container.ClusterNodeConfigShieldedInstanceConfigArgs(
            enable_secure_boot=True, enable_integrity_monitoring=True
        ),
        workload_metadata_config=container.ClusterNodeConfigWorkloadMetadataConfigArgs(mode="GKE_METADATA"),
    )


def _endpoints(site: GcpSite) -> container.ClusterControlPlaneEndpointsConfigArgs:
    return container.ClusterControlPlaneEndpointsConfigArgs(
        dns_endpoint_config=container.ClusterControlPlaneEndpointsConfigDnsEndpointConfigArgs(
            allow_external_traffic=site.dns_endpoint
        ),
        ip_endpoints_config=container.ClusterControlPlaneEndpointsConfigIpEndpointsConfigArgs(enabled=True),
    )


def _allowed(site: GcpSite) -> container.ClusterMasterAuthorizedNetworksConfigArgs:
    """Whoever may call the API server beside the cluster's own subnet: nobody, unless the spec says so."""
    return container.ClusterMasterAuthorizedNetworksConfigArgs(
        cidr_blocks=[
            container.ClusterMasterAuthorizedNetworksConfigCidrBlockArgs(
                cidr_block=cidr, display_name=f"allow-{place}"
            )
            for place, cidr in enumerate(site.allow)
        ],
        gcp_public_cidrs_access_enabled=False,
        private_endpoint_enforcement_enabled=True,
    )


def _groups(site: GcpSite) -> container.ClusterAuthenticatorGroupsConfigArgs | None:
    if site.security_group is None:
        return None
    return container.ClusterAuthenticatorGroupsConfigArgs(security_group=site.security_group)


def _maintenance(site: GcpSite) -> container.ClusterMaintenancePolicyArgs:
    plan = site.maintenance
    pinned = container.ClusterMaintenancePolicyMaintenanceExclusionArgs(
        exclusion_name="minor-version-as-in-the-spec",
        start_time=plan.pinned_since or plan.start,
        exclusion_options=container.ClusterMaintenancePolicyMaintenanceExclusionExclusionOptionsArgs(
            scope="NO_MINOR_UPGRADES", end_time_behavior="UNTIL_END_OF_SUPPORT"
        ),
    )
    return container.ClusterMaintenancePolicyArgs(
        recurring_window=container.ClusterMaintenancePolicyRecurringWindowArgs(
            start_time=plan.start, end_time=plan.end, recurrence=plan.recurrence
        ),
        maintenance_exclusions=[pinned] if plan.pinned_since else None,
    )


def _addons(site: GcpSite) -> container.ClusterAddonsConfigArgs:
    """What GKE runs in the cluster at the version of the cluster: DNS and networking are not optional."""
    return container.ClusterAddonsConfigArgs(
        gce_persistent_disk_csi_driver_config=container.ClusterAddonsConfigGcePersistentDiskCsiDriverConfigArgs(
            enabled=True
        ),
        gcp_filestore_csi_driver_config=container.ClusterAddonsConfigGcpFilestoreCsiDriverConfigArgs(
            enabled=site.storage.shared
        ),
        gcs_fuse_csi_driver_config=container.ClusterAddonsConfigGcsFuseCsiDriverConfigArgs(enabled=True),
        lustre_csi_driver_config=container.ClusterAddonsConfigLustreCsiDriverConfigArgs(
            enabled=site.storage.lustre is not None
        ),
        horizontal_pod_autoscaling=container.ClusterAddonsConfigHorizontalPodAutoscalingArgs(disabled=False),
        http_load_balancing=container.ClusterAddonsConfigHttpLoadBalancingArgs(disabled=False),
        # The tenants' network policies let pods reach the DNS pods, not a cache on each node.
        dns_cache_config=container.ClusterAddonsConfigDnsCacheConfigArgs(enabled=False),
    )


def _kubeconfig(site: GcpSite, cluster: container.Cluster) -> pulumi.Output[str]:
    if site.dns_endpoint:
        return cluster.control_plane_endpoints_config.apply(
            lambda config: kubeconfig(site.cluster, _host(config), None)
        )
    authority = cluster.master_auth.apply(lambda auth: auth.cluster_ca_certificate)
    return pulumi.Output.all(cluster.endpoint, authority).apply(
        lambda known: kubeconfig(site.cluster, known[0], known[1])
    )


def _host(config: container_outputs.ClusterControlPlaneEndpointsConfig) -> str:
    dns = config.dns_endpoint_config
    if dns is None or dns.endpoint is None:
        raise AssertionError("the cluster has told no DNS name of its API server")
    return dns.endpoint
