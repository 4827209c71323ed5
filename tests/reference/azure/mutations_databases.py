"""Mistakes in servers of PostgreSQL that the judge must notice."""

from __future__ import annotations

from reference.azure.mutations_around import of
from reference.azure.rules_databases import ADMIN as ADMIN_KIND
from reference.azure.rules_databases import DATABASE as DATABASE_KIND
from reference.azure.rules_databases import SERVER as SERVER_KIND
from reference.azure.rules_databases import SETTING as SETTING_KIND
from reference.common import Resource
from reference.mutation import Mutation, add, delete, edit, rename, to

SERVER, ADMIN, SETTING, DATABASE = of(SERVER_KIND), of(ADMIN_KIND), of(SETTING_KIND), of(DATABASE_KIND)
DOOR, ZONE, LOGS = (
    of("network:PrivateEndpoint"),
    of("privatedns:PrivateZone"),
    of("monitor:DiagnosticSetting"),
)


def _of_a_server(one: Resource) -> bool:
    return one["name"].endswith("-db") or one["name"].endswith("-db-zone")


def _tls(one: Resource) -> bool:
    return one["inputs"]["configurationName"] == "require_secure_transport"


DATABASES = (
    Mutation("server open to the internet", SERVER, "network.publicNetworkAccess", to("Enabled")),
    Mutation("server opened by a password", SERVER, "authConfig.passwordAuth", to("Enabled")),
    Mutation("server that Entra does not open", SERVER, "authConfig.activeDirectoryAuth", to("Disabled")),
    Mutation("server whose password is in the state", SERVER, "", add("administratorLoginPassword", "secret")),
    Mutation("server of another tenant", SERVER, "authConfig.tenantId", to("00000000-0000-4000-8000-000000000009")),
    Mutation("server without the platform's key", SERVER, "dataEncryption.type", to("SystemManaged")),
    Mutation("server whose key has no name", SERVER, "dataEncryption.primaryKeyURI", delete),
    Mutation("server whose key is its vault", SERVER, "dataEncryption.primaryKeyURI",
             edit(lambda text: text.replace("keyUriWithVersion", "id"))),
    Mutation("server that cannot read its key", SERVER, "identity.userAssignedIdentities", to({})),
    Mutation("server without an identity", SERVER, "identity", delete),
    Mutation("server on a machine that does not exist", SERVER, "sku.name", to("Standard_D3ds_v5")),
    Mutation("server on a machine of another tier", SERVER, "sku.tier", to("MemoryOptimized")),
    Mutation("server of a tier that does not exist", SERVER, "sku.tier", to("Premium")),
    Mutation("server of a version that does not exist", SERVER, "version", to("7")),
    Mutation("server whose standby is beside it", SERVER, "highAvailability.mode", to("SameZone")),
    Mutation("server with a standby misspelt", SERVER, "highAvailability.mode", to("ZonalRedundant")),
    Mutation("server on a disk between sizes", SERVER, "storage.storageSizeGB", to(50)),
    Mutation("server whose disk does not grow", SERVER, "storage.autoGrow", to("Disabled")),
    Mutation("moments kept for two months", SERVER, "backup.backupRetentionDays", to(60)),
    Mutation("moments kept for a day", SERVER, "backup.backupRetentionDays", to(1)),
    Mutation("maintenance on the eighth day", SERVER, "maintenanceWindow.dayOfWeek", to(7)),
    Mutation("maintenance at 25", SERVER, "maintenanceWindow.startHour", to(25)),
    Mutation("maintenance whenever", SERVER, "maintenanceWindow.customWindow", to("Disabled")),
    Mutation("server in another region", SERVER, "location", to("westeurope")),
    Mutation("server of another name than Azure takes", SERVER, "serverName", to("Tracking_DB")),
    Mutation("server with a switch misspelt", SERVER, "storage.autoGrow", rename("autogrow")),
    Mutation("server that the engine may delete", SERVER, "", to(False), part="protect"),
    Mutation("administrator of another name", ADMIN, "principalName",
             edit(lambda text: text.replace("layer-tracking", "cluster"))),
    Mutation("administrator by its client id", ADMIN, "objectId",
             edit(lambda text: text.replace("principalId", "clientId"))),
    Mutation("administrator that pods do not bear", ADMIN, "",
             edit(lambda found: {key: value.replace("layer-tracking", "cluster") for key, value in found.items()})),
    Mutation("administrator that is a person", ADMIN, "principalType", to("User")),
    Mutation("administrator of a kind that does not exist", ADMIN, "principalType", to("servicePrincipal ")),
    Mutation("administrator of another tenant", ADMIN, "tenantId", to("00000000-0000-4000-8000-000000000009")),
    Mutation("administrator of another server", ADMIN, "serverName", to("another")),
    Mutation("administrator that goes where its server stays", ADMIN, "", to(False), part="retain_on_delete"),
    Mutation("clear text is let in", SETTING, "value", to("off"), _tls),
    Mutation("setting that does not exist", SETTING, "configurationName", to("rds.force_ssl"), _tls),
    Mutation("setting of Azure's own", SETTING, "source", to("system-default")),
    Mutation("setting of another server", SETTING, "serverName", to("another")),
    Mutation("database of another server", DATABASE, "serverName", to("another")),
    Mutation("database without Unicode", DATABASE, "charset", to("SQL_ASCII")),
    Mutation("database of a name that Azure refuses", DATABASE, "databaseName", to("ml flow!")),
    Mutation("endpoint of another part", DOOR, "privateLinkServiceConnections[0].groupIds", to(["postgresServer"]),
             _of_a_server),
    Mutation("endpoint of nothing", DOOR, "privateLinkServiceConnections[0].privateLinkServiceId", to("nothing"),
             _of_a_server),
    Mutation("zone of MySQL", ZONE, "privateZoneName", to("privatelink.mysql.database.azure.com"), _of_a_server),
    Mutation("logs of a cluster", LOGS, "logs[0].category", to("kube-audit"), _of_a_server),
    Mutation("logs that are off", LOGS, "logs[0].enabled", to(False), _of_a_server),
)  # fmt: skip
