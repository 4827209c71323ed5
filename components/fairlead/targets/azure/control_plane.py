"""The AKS cluster: control plane, its system pool, audit log, maintenance, and the way in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pulumi
import pulumi_kubernetes as kubernetes
from pulumi_azure_native import containerservice, operationalinsights

from fairlead.plan.sites.azure_model import AzureSite
from fairlead.targets.azure import logs, spelling
from fairlead.targets.azure.access import way_in
from fairlead.targets.azure.audit import audit
from fairlead.targets.azure.group import ResourceGroups
from fairlead.targets.azure.identity import Identities
from fairlead.targets.azure.immutable import cluster_keeps_its_pool
from fairlead.targets.azure.keys import Keys
from fairlead.targets.azure.network import Network
from fairlead.targets.azure.node_pools import system_profile

MAINTENANCE = ("aksManagedAutoUpgradeSchedule", "aksManagedNodeOSUpgradeSchedule")
"""Names that AKS gives to the windows for Kubernetes and for node images."""
IMAGE_CLEANER_HOURS = 168
IDLE_MINUTES = 10
"""AKS' own time, for clusters whose pools do not shrink."""


class ControlPlane(pulumi.ComponentResource):
    """The cluster. `provider` reaches it, `kubeconfig` tells others how to, without a credential in it."""

    cluster: containerservice.ManagedCluster
    provider: kubernetes.Provider
    kubeconfig: pulumi.Output[str]
    issuer: pulumi.Output[str]
    """Who vouches for service accounts: the cluster's OpenID Connect issuer."""

    def __init__(
        self,
        name: str,
        site: AzureSite,
        parts: tuple[ResourceGroups, Identities, Keys, Network],
        after: Sequence[pulumi.Resource],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("fairlead:azure:ControlPlane", name, {}, opts)
        self._site = site
        self._group = parts[0].cluster.name
        self._child = pulumi.ResourceOptions(parent=self)
        output = site.workload_logs
        kept = self._workspace(output.workspace, output.days) if output else None
        self.cluster = _cluster(
            name,
            site,
            parts,
            logs.collector(kept),
            pulumi.ResourceOptions(
                parent=self,
                depends_on=after,
                protect=site.protect,
                hooks=cluster_keeps_its_pool(name),
                # The autoscaler owns the number of nodes; the other pools are resources of their own.
                ignore_changes=["agentPoolProfiles[0].count"],
            ),
        )
        self.logs = self._audit(name)
        if output and kept:
            logs.rule(output.workspace, site.region, self._group, kept, self.cluster, self._child)
        for config in MAINTENANCE:
            self._maintenance(f"{name}-{config}", config)
        self.issuer = self.cluster.oidc_issuer_profile.apply(_issuer)
        self.kubeconfig = way_in(name, site, self.cluster, self._child)
        self.provider = kubernetes.Provider(
            name,
            kubernetes.ProviderArgs(
                kubeconfig=self.kubeconfig, cluster_identifier=name, enable_server_side_apply=True
            ),
            self._child,
        )
        self.register_outputs({})

    def _audit(self, name: str) -> pulumi.Output[str]:
        kept = self._workspace(f"{name}-logs", self._site.log_days)
        audit(f"{name}-audit", self.cluster.id, kept.id, spelling.AUDIT_LOGS, self._child)
        return kept.id

    def _workspace(self, name: str, days: int) -> operationalinsights.Workspace:
        return logs.workspace(name, self._site.region, self._group, days, self._child)

    def _maintenance(self, name: str, config: str) -> None:
        site = self._site
        weekly = containerservice.WeeklyScheduleArgs(
            day_of_week=containerservice.WeekDay(site.maintenance_day.capitalize()), interval_weeks=1
        )
        containerservice.MaintenanceConfiguration(
            name,
            self._child,
            resource_group_name=self._group,
            resource_name_=self.cluster.name,
            config_name=config,
            maintenance_window=containerservice.MaintenanceWindowArgs(
                duration_hours=site.maintenance_hours,
                start_time=site.maintenance_start,
                utc_offset="+00:00",
                schedule=containerservice.ScheduleArgs(weekly=weekly),
            ),
        )


def _issuer(profile: containerservice.outputs.ManagedClusterOIDCIssuerProfileResponse | None) -> str:
    """Empty while there is none, in a preview."""
    return profile.issuer_url if profile else ""


def _cluster(
    name: str,
    site: AzureSite,
    parts: tuple[ResourceGroups, Identities, Keys, Network],
    addons: Mapping[str, containerservice.ManagedClusterAddonProfileArgs],
    opts: pulumi.ResourceOptions,
) -> containerservice.ManagedCluster:
    groups, identities, keys, where = parts
    return containerservice.ManagedCluster(
        name,
        opts,
        resource_group_name=groups.cluster.name,
        resource_name_=name,
        location=site.region,
        kubernetes_version=site.version,
        dns_prefix=name,
        node_resource_group=site.names.node_group,
        sku=containerservice.ManagedClusterSKUArgs(
            name=containerservice.ManagedClusterSKUName.BASE, tier=spelling.TIERS[site.tier]
        ),
        identity=containerservice.ManagedClusterIdentityArgs(
            type=containerservice.ResourceIdentityType.USER_ASSIGNED,
            user_assigned_identities=[identities.cluster.id],
        ),
        agent_pool_profiles=[system_profile(site, where.nodes)],
        aad_profile=containerservice.ManagedClusterAADProfileArgs(
            managed=True,
            tenant_id=site.entra_tenant,
            admin_group_object_ids=list(site.admins),
            # Rights are Kubernetes' own, as on every target: roles and bindings name groups.
            enable_azure_rbac=False,
        ),
        enable_rbac=True,
        disable_local_accounts=True,
        api_server_access_profile=_access(site),
        network_profile=_network(site),
        oidc_issuer_profile=containerservice.ManagedClusterOIDCIssuerProfileArgs(enabled=True),
        security_profile=_security(keys),
        addon_profiles=addons,
        disk_encryption_set_id=keys.disks.id,
        auto_upgrade_profile=containerservice.ManagedClusterAutoUpgradeProfileArgs(
            upgrade_channel=site.upgrade_channel,
            node_os_upgrade_channel=spelling.NODE_IMAGE_CHANNELS[site.node_image_channel],
        ),
        auto_scaler_profile=None
        if site.node_provisioning
        else _autoscaler(site.idle_minutes or IDLE_MINUTES),
        node_provisioning_profile=containerservice.ManagedClusterNodeProvisioningProfileArgs(
            mode="Auto" if site.node_provisioning else "Manual",
            default_node_pools="None",
        ),
        storage_profile=containerservice.ManagedClusterStorageProfileArgs(
            disk_csi_driver=containerservice.ManagedClusterStorageProfileDiskCSIDriverArgs(enabled=True),
            file_csi_driver=containerservice.ManagedClusterStorageProfileFileCSIDriverArgs(enabled=True),
            blob_csi_driver=containerservice.ManagedClusterStorageProfileBlobCSIDriverArgs(enabled=True),
            snapshot_controller=containerservice.ManagedClusterStorageProfileSnapshotControllerArgs(
                enabled=True
            ),
        ),
        metrics_profile=containerservice.ManagedClusterMetricsProfileArgs(
            cost_analysis=containerservice.ManagedClusterCostAnalysisArgs(enabled=site.tier != "free")
        ),
    )


def _access(site: AzureSite) -> containerservice.ManagedClusterAPIServerAccessProfileArgs:
    return containerservice.ManagedClusterAPIServerAccessProfileArgs(
        enable_private_cluster=not site.public,
        enable_private_cluster_public_fqdn=None if site.public else False,
        private_dns_zone=None if site.public else "system",
        authorized_ip_ranges=list(site.allow) if site.public else None,
        disable_run_command=True,
    )


def _network(site: AzureSite) -> containerservice.ContainerServiceNetworkProfileArgs:
    return containerservice.ContainerServiceNetworkProfileArgs(
        network_plugin=containerservice.NetworkPlugin.AZURE,
        network_plugin_mode=containerservice.NetworkPluginMode.OVERLAY,
        network_dataplane=containerservice.NetworkDataplane.CILIUM,
        network_policy=containerservice.NetworkPolicy.CILIUM,
        pod_cidr=site.network.pods,
        service_cidr=site.network.services,
        dns_service_ip=site.network.dns,
        load_balancer_sku=containerservice.LoadBalancerSku.STANDARD,
        outbound_type=site.network.outbound,
    )


def _security(keys: Keys) -> containerservice.ManagedClusterSecurityProfileArgs:
    return containerservice.ManagedClusterSecurityProfileArgs(
        workload_identity=containerservice.ManagedClusterSecurityProfileWorkloadIdentityArgs(enabled=True),
        azure_key_vault_kms=containerservice.AzureKeyVaultKmsArgs(
            enabled=True,
            key_id=keys.key.uri,
            key_vault_network_access=containerservice.KeyVaultNetworkAccessTypes.PUBLIC,
        ),
        image_cleaner=containerservice.ManagedClusterSecurityProfileImageCleanerArgs(
            enabled=True, interval_hours=IMAGE_CLEANER_HOURS
        ),
    )


def _autoscaler(idle: int) -> containerservice.ManagedClusterPropertiesAutoScalerProfileArgs:
    """idle: minutes that a node stays which nobody needs; also after another has come, which would else be 10."""
    return containerservice.ManagedClusterPropertiesAutoScalerProfileArgs(
        expander=containerservice.Expander.PRIORITY,
        balance_similar_node_groups="false",
        max_node_provision_time="15m",
        scale_down_delay_after_add=f"{idle}m",
        scale_down_unneeded_time=f"{idle}m",
        skip_nodes_with_local_storage="false",
        skip_nodes_with_system_pods="true",
    )
