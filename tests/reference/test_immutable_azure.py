"""What cannot change on Azure: the rows against the paths of Azure's requests, and against azurerm's sources."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import pytest

from fairlead.catalog.immutable import rows
from fairlead.plan.sites.azure_edits import FIXED
from fairlead.preview.paths import parsed
from reference import go_schema
from reference.azure.kinds import KINDS
from reference.azure.models import path_names
from reference.azure.sdk import shape
from reference.azure.shapes import Many, Record
from reference.gomodule import go_module
from reference.immutable import covers

MODULE = "github.com/hashicorp/terraform-provider-azurerm@v1.44.1-0.20260824201233-fae580791926"
MODULE_SUM = "h1:SOgvTJZXNyxmkHHHx8ifgotbvhOi/eadVkoyBNr+4hk="
ROWS = rows("azure-native")
FILES: Mapping[str, str] = {
    "authorization:RoleAssignment": "authorization/role_assignment_resource.go",
    "compute:DiskEncryptionSet": "compute/disk_encryption_set_resource.go",
    "containerservice:AgentPool": "containers/kubernetes_cluster_node_pool_resource.go",
    "containerservice:ManagedCluster": "containers/kubernetes_cluster_resource.go",
    "dbforpostgresql:AdministratorsMicrosoftEntra": (
        "postgres/postgresql_flexible_server_active_directory_administrator_resource.go"
    ),
    "dbforpostgresql:Database": "postgres/postgresql_flexible_server_database_resource.go",
    "dbforpostgresql:Server": "postgres/postgresql_flexible_server_resource.go",
    "keyvault:Key": "keyvault/key_vault_key_resource.go",
    "network:PrivateEndpoint": "network/private_endpoint_resource.go",
    "network:PublicIPAddress": "network/public_ip_resource.go",
    "privatedns:VirtualNetworkLink": "privatedns/private_dns_zone_virtual_network_link_resource.go",
    "storage:BlobContainer": "storage/storage_container_resource.go",
    "storage:StorageAccount": "storage/storage_account_resource.go",
    "storagecache:AmlFilesystem": "storagecache/managed_lustre_file_system_resource.go",
}
"""Type -> azurerm's source of the same resource, below internal/services."""
SAME: Mapping[tuple[str, str], str] = {
    ("compute:DiskEncryptionSet", "encryption_type"): "encryptionType",
    ("authorization:RoleAssignment", "principal_id"): "principalId",
    ("authorization:RoleAssignment", "principal_type"): "principalType",
    ("authorization:RoleAssignment", "role_definition_id"): "roleDefinitionId",
    ("containerservice:AgentPool", "gpu_driver"): "gpuProfile",
    ("containerservice:AgentPool", "gpu_instance"): "gpuInstanceProfile",
    ("containerservice:AgentPool", "priority"): "scaleSetPriority",
    ("containerservice:AgentPool", "eviction_policy"): "scaleSetEvictionPolicy",
    ("containerservice:AgentPool", "capacity_reservation_group_id"): "capacityReservationGroupID",
    ("containerservice:AgentPool", "proximity_placement_group_id"): "proximityPlacementGroupID",
    ("containerservice:AgentPool", "node_public_ip_prefix_id"): "nodePublicIPPrefixID",
    ("containerservice:AgentPool", "spot_max_price"): "spotMaxPrice",
    ("containerservice:AgentPool", "os_type"): "osType",
    ("containerservice:ManagedCluster", "dns_prefix"): "dnsPrefix",
    ("containerservice:ManagedCluster", "disk_encryption_set_id"): "diskEncryptionSetID",
    ("containerservice:ManagedCluster", "node_resource_group"): "nodeResourceGroup",
    ("containerservice:ManagedCluster", "role_based_access_control_enabled"): "enableRBAC",
    (
        "containerservice:ManagedCluster",
        "private_cluster_enabled",
    ): "apiServerAccessProfile.enablePrivateCluster",
    ("containerservice:ManagedCluster", "private_dns_zone_id"): "apiServerAccessProfile.privateDNSZone",
    ("containerservice:ManagedCluster", "network_profile.dns_service_ip"): "networkProfile.dnsServiceIP",
    (
        "containerservice:ManagedCluster",
        "network_profile.load_balancer_sku",
    ): "networkProfile.loadBalancerSku",
    ("containerservice:ManagedCluster", "network_profile.network_mode"): "networkProfile.networkMode",
    ("containerservice:ManagedCluster", "network_profile.service_cidr"): "networkProfile.serviceCidr",
    ("containerservice:ManagedCluster", "network_profile.ip_versions"): "networkProfile.ipFamilies",
    ("dbforpostgresql:AdministratorsMicrosoftEntra", "principal_name"): "principalName",
    ("dbforpostgresql:AdministratorsMicrosoftEntra", "principal_type"): "principalType",
    ("dbforpostgresql:AdministratorsMicrosoftEntra", "tenant_id"): "tenantId",
    ("dbforpostgresql:Database", "charset"): "charset",
    ("dbforpostgresql:Database", "collation"): "collation",
    ("dbforpostgresql:Server", "delegated_subnet_id"): "network.delegatedSubnetResourceId",
    ("dbforpostgresql:Server", "geo_redundant_backup_enabled"): "backup.geoRedundantBackup",
    ("dbforpostgresql:Server", "source_server_id"): "sourceServerResourceId",
    ("dbforpostgresql:Server", "point_in_time_restore_time_in_utc"): "pointInTimeUTC",
    ("keyvault:Key", "key_type"): "properties.kty",
    ("keyvault:Key", "key_size"): "properties.keySize",
    ("keyvault:Key", "curve"): "properties.curveName",
    ("network:PrivateEndpoint", "subnet_id"): "subnet",
    ("network:PrivateEndpoint", "custom_network_interface_name"): "customNetworkInterfaceName",
    ("network:PrivateEndpoint", "private_service_connection.name"): "privateLinkServiceConnections[*].name",
    ("network:PublicIPAddress", "sku"): "sku",
    ("network:PublicIPAddress", "zones"): "zones",
    ("network:PublicIPAddress", "ip_version"): "publicIPAddressVersion",
    ("privatedns:VirtualNetworkLink", "virtual_network_id"): "virtualNetwork",
    ("storage:BlobContainer", "default_encryption_scope"): "defaultEncryptionScope",
    ("storage:StorageAccount", "is_hns_enabled"): "isHnsEnabled",
    ("storage:StorageAccount", "nfsv3_enabled"): "enableNfsV3",
    (
        "storage:StorageAccount",
        "infrastructure_encryption_enabled",
    ): "encryption.requireInfrastructureEncryption",
    ("storage:StorageAccount", "dns_endpoint_type"): "dnsEndpointType",
    ("storagecache:AmlFilesystem", "sku_name"): "sku",
    ("storagecache:AmlFilesystem", "storage_capacity_in_tb"): "storageCapacityTiB",
    ("storagecache:AmlFilesystem", "subnet_id"): "filesystemSubnet",
    ("storagecache:AmlFilesystem", "zones"): "zones",
    ("storagecache:AmlFilesystem", "identity"): "identity",
}
"""Type and azurerm's argument -> the same input of azure-native, of those that a program may set."""


@cache
def forced(kind: str) -> frozenset[str]:
    file = go_module(MODULE, MODULE_SUM) / "internal" / "services" / FILES[kind]
    beside = [
        one for one in sorted(file.parent.glob("*.go")) if not one.name.endswith("_test.go") and one != file
    ]
    sources = go_schema.Sources(file.read_text(), [one.read_text() for one in beside], {})
    return sources.of_file()


@pytest.mark.parametrize("kind", sorted(ROWS))
def test_every_name_in_the_path_of_the_request_replaces(kind: str) -> None:
    row = ROWS[kind]
    assert [name for name in path_names(KINDS[kind]) if name not in row.replace] == []


@pytest.mark.parametrize(("kind", "argument"), sorted(SAME))
def test_what_forces_in_azurerm_replaces_or_is_fixed(kind: str, argument: str) -> None:
    assert argument in forced(kind), "azurerm does not force for it any more"
    assert covers(ROWS[f"azure-native:{kind}"], SAME[kind, argument])


def test_what_the_program_refuses_of_pools_is_in_their_row() -> None:
    row = ROWS["azure-native:containerservice:AgentPool"]
    assert [key for key in FIXED if not covers(row, key)] == []


@pytest.mark.parametrize("kind", sorted(ROWS))
def test_every_path_of_a_row_is_an_input_of_the_sdk(kind: str) -> None:
    row = ROWS[kind]
    assert [path for path in (*row.replace, *row.fixed) if not _known(kind, path)] == []


def _known(kind: str, path: str) -> bool:
    found = shape(kind)
    for key in parsed(path):
        while isinstance(found, Many):
            found = found.item
        if key == "*":
            continue
        if not isinstance(found, Record) or key not in found.parts:
            return False
        found = found.parts[str(key)].shape
    return True
