"""Which of Azure's libraries describes each resource type, and where two references differ for a reason."""

from __future__ import annotations

from collections.abc import Mapping

from reference.azure.models import Source

PROVIDER = "azure-native:"


def _resources(model: str, group: str) -> Source:
    file, builder = "_operations", f"build_{group}_create_or_update_request"
    return Source("resource", "resource.resources.v2024_07_01", model, file, builder)


def _network(model: str, group: str) -> Source:
    return Source("network", "network", model, "_operations", f"build_{group}_create_or_update_request")


def _storage(model: str, file: str, builder: str) -> Source:
    return Source("storage", "storage.v2024_01_01", model, file, builder)


def _compute(model: str, group: str) -> Source:
    file, builder = "_operations", f"build_{group}_create_or_update_request"
    return Source("compute", "compute.v2024_11_01", model, file, builder)


def _aks(model: str, file: str) -> Source:
    return Source("containerservice", "containerservice", model, file)


def _postgresql(model: str, group: str, builder: str = "build_create_or_update_request") -> Source:
    package = "postgresqlflexibleservers"
    return Source(package, package, model, f"_{group}_operations", builder)


def _collection(model: str, group: str) -> Source:
    file = f"_data_collection_{group}_operations"
    return Source("monitor", "monitor.v2022_06_01", model, file, "build_create_request")


_SET = "build_set_service_properties_request"

_KINDS: Mapping[str, Source] = {
    "resources:ResourceGroup": _resources("ResourceGroup", "resource_groups"),
    "resources:Deployment": _resources("Deployment", "deployments"),
    "authorization:ManagementLockByScope": Source(
        "resource",
        "resource.locks.v2016_09_01",
        "ManagementLockObject",
        "_operations",
        "build_management_locks_create_or_update_by_scope_request",
    ),
    "containerservice:ManagedCluster": _aks("ManagedCluster", "_managed_clusters_operations"),
    "containerservice:AgentPool": _aks("AgentPool", "_agent_pools_operations"),
    "containerservice:MaintenanceConfiguration": _aks(
        "MaintenanceConfiguration", "_maintenance_configurations_operations"
    ),
    "containerservice:TrustedAccessRoleBinding": _aks(
        "TrustedAccessRoleBinding", "_trusted_access_role_bindings_operations"
    ),
    "network:VirtualNetwork": _network("VirtualNetwork", "virtual_networks"),
    "network:Subnet": _network("Subnet", "subnets"),
    "network:NatGateway": _network("NatGateway", "nat_gateways"),
    "network:PublicIPAddress": _network("PublicIPAddress", "public_ip_addresses"),
    "network:PublicIPPrefix": _network("PublicIPPrefix", "public_ip_prefixes"),
    "network:NetworkSecurityGroup": _network("NetworkSecurityGroup", "network_security_groups"),
    "network:SecurityRule": _network("SecurityRule", "security_rules"),
    "network:RouteTable": _network("RouteTable", "route_tables"),
    "network:Route": _network("Route", "routes"),
    "network:PrivateEndpoint": _network("PrivateEndpoint", "private_endpoints"),
    "network:PrivateDnsZoneGroup": _network("PrivateDnsZoneGroup", "private_dns_zone_groups"),
    "network:FlowLog": _network("FlowLog", "flow_logs"),
    "privatedns:PrivateZone": Source("privatedns", "privatedns", "PrivateZone", "_private_zones_operations"),
    "privatedns:VirtualNetworkLink": Source(
        "privatedns", "privatedns", "VirtualNetworkLink", "_virtual_network_links_operations"
    ),
    "privatedns:PrivateRecordSet": Source("privatedns", "privatedns", "RecordSet", "_record_sets_operations"),
    "keyvault:Vault": Source("keyvault", "keyvault", "VaultCreateOrUpdateParameters", "_vaults_operations"),
    "keyvault:Key": Source(
        "keyvault", "keyvault", "KeyCreateParameters", "_keys_operations", "build_create_if_not_exist_request"
    ),
    "managedidentity:UserAssignedIdentity": Source(
        "msi", "msi.v2023_01_31", "Identity", "_user_assigned_identities_operations"
    ),
    "managedidentity:FederatedIdentityCredential": Source(
        "msi", "msi.v2023_01_31", "FederatedIdentityCredential", "_federated_identity_credentials_operations"
    ),
    "authorization:RoleAssignment": Source(
        "authorization",
        "authorization.v2022_04_01",
        "RoleAssignmentCreateParameters",
        "_role_assignments_operations",
        "build_create_request",
    ),
    "authorization:RoleDefinition": Source(
        "authorization", "authorization.v2022_05_01_preview", "RoleDefinition", "_role_definitions_operations"
    ),
    "compute:ProximityPlacementGroup": _compute("ProximityPlacementGroup", "proximity_placement_groups"),
    "compute:CapacityReservationGroup": _compute("CapacityReservationGroup", "capacity_reservation_groups"),
    "compute:CapacityReservation": _compute("CapacityReservation", "capacity_reservations"),
    "compute:DiskEncryptionSet": Source(
        "compute",
        "compute.v2024_03_02",
        "DiskEncryptionSet",
        "_operations",
        "build_disk_encryption_sets_create_or_update_request",
    ),
    "storage:StorageAccount": _storage(
        "StorageAccountCreateParameters", "_storage_accounts_operations", "build_create_request"
    ),
    "storage:BlobContainer": _storage("BlobContainer", "_blob_containers_operations", "build_create_request"),
    "storage:FileShare": _storage("FileShare", "_file_shares_operations", "build_create_request"),
    "storage:BlobServiceProperties": _storage("BlobServiceProperties", "_blob_services_operations", _SET),
    "storage:FileServiceProperties": _storage("FileServiceProperties", "_file_services_operations", _SET),
    "storage:ManagementPolicy": _storage(
        "ManagementPolicy", "_management_policies_operations", "build_create_or_update_request"
    ),
    "operationalinsights:Workspace": Source(
        "loganalytics", "loganalytics", "Workspace", "_workspaces_operations"
    ),
    "monitor:DiagnosticSetting": Source(
        "monitor",
        "monitor.v2021_05_01_preview",
        "DiagnosticSettingsResource",
        "_diagnostic_settings_operations",
    ),
    "monitor:DataCollectionRule": _collection("DataCollectionRuleResource", "rules"),
    "monitor:DataCollectionRuleAssociation": _collection(
        "DataCollectionRuleAssociationProxyOnlyResource", "rule_associations"
    ),
    "dbforpostgresql:Server": _postgresql("Server", "servers"),
    "dbforpostgresql:AdministratorsMicrosoftEntra": _postgresql(
        "AdministratorMicrosoftEntraAdd", "administrators_microsoft_entra"
    ),
    "dbforpostgresql:Configuration": _postgresql("Configuration", "configurations", "build_put_request"),
    "dbforpostgresql:Database": _postgresql("Database", "databases", "build_create_request"),
    "storagecache:AmlFilesystem": Source(
        "storagecache", "storagecache", "AmlFilesystem", "_aml_filesystems_operations"
    ),
}
KINDS: Mapping[str, Source] = {f"{PROVIDER}{kind}": source for kind, source in _KINDS.items()}
"""Type token -> the library that describes it."""

OTHER_API: Mapping[str, str] = {
    f"{PROVIDER}resources:ResourceGroup": "no release describes 2024-03-01; this one is of 2024-07-01",
    f"{PROVIDER}resources:Deployment": "no release describes 2024-03-01; this one is of 2024-07-01",
    f"{PROVIDER}authorization:ManagementLockByScope": "2020-05-01 has a library of its own that cannot stand "
    "beside the one for resource groups; this one is of 2016-09-01",
    f"{PROVIDER}operationalinsights:Workspace": "no release on PyPI speaks 2023-09-01; this one is of 2025-07-01",
}
"""Types whose library speaks another API version than the provider, and why; the SDK bounds their names."""

OPEN_WORDS: Mapping[str, frozenset[str]] = {
    f"{PROVIDER}monitor:DataCollectionRule": frozenset(
        {"dataFlows[].streams[]", "dataSources.extensions[].streams[]"}
    ),
}
"""Type -> properties whose words are known to no end: a stream is what an extension calls so. `rules_logs` has them."""

OTHER_WORDS: Mapping[tuple[str, str], str] = {
    (
        f"{PROVIDER}dbforpostgresql:AdministratorsMicrosoftEntra",
        "principalType",
    ): "the SDK has one class PrincipalType "
    "for two APIs, with the words of the other one; it sends what it is given, and the library judges it",
}
"""Type and property -> why the SDK's words are not those of the property's own API."""
