"""Rules of flexible servers of Azure Database for PostgreSQL: its documentation, read on 2026-11-29."""

from __future__ import annotations

import re
from collections.abc import Iterator

from reference.azure import facts
from reference.azure.rules_cluster import at
from reference.azure.stack import Stack, wrong
from reference.common import Finding, Resource, references

SERVER, ADMIN = "dbforpostgresql:Server", "dbforpostgresql:AdministratorsMicrosoftEntra"
SETTING, DATABASE = "dbforpostgresql:Configuration", "dbforpostgresql:Database"
_TIERS = {
    "Burstable": r"Standard_B\d+(s|ms)",
    "GeneralPurpose": r"Standard_D\d+a?ds_v[45]",
    "MemoryOptimized": r"Standard_E\d+a?ds_v[45]",
}
"""Tier -> its machines (learn.microsoft.com/azure/postgresql/compute-storage/concepts-compute)."""
_SIZES = (32, 64, 128, 256, 512, 1024, 2048, 4095, 4096, 8192, 16384, 32767)
"""GiB of a disk (hashicorp/azurerm, azurerm_postgresql_flexible_server, storage_mb)."""
_LOGS = {"PostgreSQLLogs", "PostgreSQLFlexSessions", "PostgreSQLFlexTableStats", "PostgreSQLFlexDatabaseXacts",
         "PostgreSQLFlexQueryStoreRuntime", "PostgreSQLFlexQueryStoreWaitStats"}  # fmt: skip
"""learn.microsoft.com/azure/postgresql/monitor/concepts-logging"""
_IDENTIFIER = 63


def check(stack: Stack) -> Iterator[Finding]:
    """What the rules have against servers and what is in them."""
    for one in stack.of(SERVER):
        yield from _network(one, stack)
        yield from _who(one, stack)
        yield from _key(one)
        yield from _shape(one)
        yield from _kept(one, stack)
        yield from _settings(one, stack)
        yield from _logged(one, stack)


def _network(one: Resource, stack: Stack) -> Iterator[Finding]:
    if at(one["inputs"], "network.publicNetworkAccess") != "Disabled":
        yield wrong(one, "network.publicNetworkAccess", "open to the internet")
    doors = [
        link.get("privateLinkServiceId")
        for end in stack.of("network:PrivateEndpoint")
        for link in end["inputs"].get("privateLinkServiceConnections") or ()
    ]
    if not any(stack.behind(door) is one for door in doors):
        yield wrong(one, "network", "closed, and no private endpoint leads to it")


def _who(one: Resource, stack: Stack) -> Iterator[Finding]:
    """Entra alone, and one identity of a layer as the administrator."""
    inputs = one["inputs"]
    if (at(inputs, "authConfig.activeDirectoryAuth"), at(inputs, "authConfig.passwordAuth")) != (
        "Enabled",
        "Disabled",
    ):
        yield wrong(one, "authConfig", "a password opens it, or nobody does")
    if "administratorLogin" in inputs or "administratorLoginPassword" in inputs:
        yield wrong(one, "administratorLogin", "has a password")
    tenants = {at(vault["inputs"], "properties.tenantId") for vault in stack.of("keyvault:Vault")}
    admins = stack.users(ADMIN, "serverName", one)
    if not admins:
        yield wrong(one, "", "nobody can sign in")
    for where, path in ((one, "authConfig.tenantId"), *((admin, "tenantId") for admin in admins)):
        if tenants and at(where["inputs"], path) not in tenants:
            yield wrong(where, path, "is not the tenant of the platform")
    for admin in admins:
        yield from _administrator(admin, stack)


def _administrator(one: Resource, stack: Stack) -> Iterator[Finding]:
    """It is one and the same identity by its id and by its name, and pods of a layer are trusted with it."""
    inputs = one["inputs"]
    who, named = stack.behind(inputs.get("objectId")), stack.behind(inputs.get("principalName"))
    if who is None or who is not named:
        yield wrong(one, "principalName", "is not the name of the identity whose id is given")
        return
    if inputs.get("principalType") != "ServicePrincipal":
        yield wrong(one, "principalType", "an identity is a service principal")
    if len(str(who["inputs"].get("resourceName"))) > _IDENTIFIER:
        yield wrong(one, "principalName", f"PostgreSQL keeps {_IDENTIFIER} characters of it")
    trusted = stack.users("managedidentity:FederatedIdentityCredential", "resourceName", who)
    if not any("fairlead-tracking" in str(each["inputs"].get("subject")) for each in trusted):
        yield wrong(one, "objectId", f"no pod of the layer bears {who['name']}")


def _key(one: Resource) -> Iterator[Finding]:
    inputs = one["inputs"]
    if at(inputs, "dataEncryption.type") != "AzureKeyVault" or not at(inputs, "dataEncryption.primaryKeyURI"):
        yield wrong(one, "dataEncryption", "is not encrypted by a key of the platform")
    reader = at(inputs, "dataEncryption.primaryUserAssignedIdentityId")
    bearers = list(at(inputs, "identity.userAssignedIdentities") or ())
    if at(inputs, "identity.type") != "UserAssigned" or bearers != [reader]:
        yield wrong(one, "identity", "does not bear the identity that reads its key")
    if [
        ref
        for ref in references(bearers)
        if not ref.type.endswith(":UserAssignedIdentity") or ref.output != "id"
    ]:
        yield wrong(one, "identity.userAssignedIdentities", "no identities by their ids")


def _shape(one: Resource) -> Iterator[Finding]:
    inputs = one["inputs"]
    tier, machine = at(inputs, "sku.tier"), str(at(inputs, "sku.name"))
    if not re.fullmatch(_TIERS.get(str(tier), r"(?!)"), machine):
        yield wrong(one, "sku.name", f"tier {tier} has no {machine}")
    elif tier != "Burstable" and machine not in facts.sizes():
        yield wrong(one, "sku.name", f"Azure has no machine {machine}", facts.SIZES)
    if at(inputs, "highAvailability.mode") == "SameZone":
        yield wrong(one, "highAvailability.mode", "both servers are lost with their zone")
    if at(inputs, "highAvailability.mode") == "ZoneRedundant" and tier == "Burstable":
        yield wrong(one, "highAvailability.mode", "Burstable has no second server")
    if at(inputs, "storage.storageSizeGB") not in _SIZES:
        yield wrong(one, "storage.storageSizeGB", f"is none of {', '.join(map(str, _SIZES))}")
    if at(inputs, "storage.autoGrow") != "Enabled":
        yield wrong(one, "storage.autoGrow", "the disk does not grow")
    window = inputs.get("maintenanceWindow") or {}
    bounds = (("dayOfWeek", 6), ("startHour", 23), ("startMinute", 59))
    if window.get("customWindow") != "Enabled":
        yield wrong(one, "maintenanceWindow.customWindow", "maintenance comes whenever Azure likes")
    for key, most in bounds:
        if not isinstance(window.get(key), int) or not 0 <= window[key] <= most:
            yield wrong(one, f"maintenanceWindow.{key}", f"is not within 0 to {most}")
    days = at(inputs, "backup.backupRetentionDays")
    if not isinstance(days, int) or not 7 <= days <= 35:
        yield wrong(one, "backup.backupRetentionDays", f"{days} is not within 7 to 35")


def _kept(one: Resource, stack: Stack) -> Iterator[Finding]:
    """Where the engine protects it, so does Azure; what is in it stays where it stays."""
    locks = [each for each in stack.of("authorization:ManagementLockByScope")
             if stack.behind(each["inputs"].get("scope")) is one]  # fmt: skip
    if bool(one["protect"]) != bool(locks):
        yield wrong(one, "", "Azure and the engine do not protect it alike")
    for kind in (ADMIN, SETTING, DATABASE):
        for each in stack.users(kind, "serverName", one):
            if each["retain_on_delete"] != one["retain_on_delete"]:
                yield wrong(each, "", "goes where its server stays")


def _settings(one: Resource, stack: Stack) -> Iterator[Finding]:
    told = {
        each["inputs"].get("configurationName"): each["inputs"].get("value")
        for each in stack.users(SETTING, "serverName", one)
    }
    if told.get("require_secure_transport") != "on":
        yield wrong(one, "", "connections without TLS are let in")
    for each in stack.users(SETTING, "serverName", one):
        if each["inputs"].get("source") != "user-override":
            yield wrong(each, "source", "Azure takes values of users from users alone")
    for each in stack.users(DATABASE, "serverName", one):
        if (each["inputs"].get("charset"), each["inputs"].get("collation")) != ("UTF8", "en_US.utf8"):
            yield wrong(each, "charset", "texts of all languages are kept there")


def _logged(one: Resource, stack: Stack) -> Iterator[Finding]:
    found = [
        log.get("category")
        for setting in stack.users("monitor:DiagnosticSetting", "resourceUri", one)
        for log in setting["inputs"].get("logs") or ()
        if log.get("enabled")
    ]
    if "PostgreSQLLogs" not in found or set(found) - _LOGS:
        yield wrong(one, "", f"who signs in is kept nowhere, or {found} are no logs of a server")
