"""Rules about key vaults, databases and logs of Azure, and about what must not be deleted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

from fairlead.rules.azure_cluster import CLUSTER
from fairlead.rules.azure_links import is_logged, is_open, speaks_of
from fairlead.rules.azure_storage import ACCOUNT
from fairlead.rules.model import Data, Flaw, ResourceRule, Subject, Whole, WholeRule
from fairlead.rules.settings import Ask, holds, is_known, may_be, refers, sets, text, value_at

VAULT = "azure-native:keyvault*:Vault"
KEY = "azure-native:keyvault*:Key"
SERVER = "azure-native:dbforpostgresql*:Server"
PARAMETER = "azure-native:dbforpostgresql*:Configuration"
FIREWALL = "azure-native:dbforpostgresql*:FirewallRule"
WORKSPACE = "azure-native:operationalinsights*:Workspace"
LOCK = "azure-native:authorization*:ManagementLock*"
GROUP = "azure-native:resources*:ResourceGroup"
VAULTS = "vaults:vaultName"
STATEFUL = {
    ACCOUNT: "storageAccounts:accountName",
    VAULT: VAULTS,
    SERVER: "flexibleServers:serverName",
}
"""Types of what holds data -> how their ids end and which input has their name."""
LEAST_DAYS = 90
"""Days that logs are kept at least: what the benchmark asks of flow logs, CIS-Azure 3.0.0 7.5."""
PARAMETERS = {
    "require_secure_transport": (("on",), "callers may send queries and passwords in clear"),
    "ssl_min_protocol_version": (("tlsv1.2", "tlsv1.3"), "callers may speak a version of TLS that is broken"),
    "log_connections": (("on",), "who signed in is not kept"),
    "log_disconnections": (("on",), "how long who was signed in is not kept"),
}
"""Server parameter -> (values that keep the rule, what is wrong otherwise)."""

PURGE = (
    Ask(
        "properties.enablePurgeProtection", (True,), "a key that is deleted can be made unrecoverable at once"
    ),
    Ask("properties.enableSoftDelete", (True,), "a key that is deleted is gone at once", default=True),
)
RBAC = Ask(
    "properties.enableRbacAuthorization", (True,), "rights are given in a list that Azure's reviews miss"
)
ENTRA = (
    Ask("authConfig.activeDirectoryAuth", ("Enabled",), "callers cannot sign in by Entra"),
    Ask(
        "authConfig.passwordAuth",
        ("Disabled",),
        "callers sign in by passwords, which do not end",
        default="Enabled",
    ),
)


def _vault_network(whole: Whole) -> Iterator[Flaw]:
    for vault in whole.of(VAULT):
        path = "properties.publicNetworkAccess"
        public = value_at(vault.inputs, path)
        default = value_at(vault.inputs, "properties.networkAcls.defaultAction")
        closed = may_be(public, "Disabled") or may_be(default, "Deny")
        if not closed and not any(_asks(whole, one, vault) for one in whole.of(CLUSTER)):
            what = "every network reaches it"
            fix = "set it to Disabled, or networkAcls.defaultAction to Deny"
            yield Flaw(path, what, text(public or "left out"), "Disabled", fix, vault)


def _asks(whole: Whole, cluster: Subject, vault: Subject) -> bool:
    """Whether the cluster's key service, which is in no network of yours, asks the vault, or may: it reaches none
    behind a firewall. https://learn.microsoft.com/azure/aks/use-kms-etcd-encryption#limitations"""
    service = value_at(cluster.inputs, "securityProfile.azureKeyVaultKms")
    if not isinstance(service, Mapping):
        return not is_known(service)
    given = cast("Data", service)
    if given.get("keyVaultNetworkAccess") == "Private" or not may_be(given.get("enabled"), True):
        return False
    return is_open(given.get("keyId")) or _is_in(whole, given.get("keyId"), vault)


def _is_in(whole: Whole, key: Any, vault: Subject) -> bool:
    own = [one.get("vaultName") for one in whole.of(KEY) if refers(key, one)]
    if own:
        return any(is_open(one) or speaks_of(one, vault, VAULTS) for one in own)
    name = vault.get("vaultName")
    return not is_known(name) or str(key).lower().startswith(f"https://{name}.".lower())


def _vault_logged(whole: Whole) -> Iterator[Flaw]:
    for vault in whole.of(VAULT):
        if not is_logged(whole, vault, VAULTS, ("AuditEvent",)):
            what = "who used a key or read a secret is not kept"
            fix = "add a DiagnosticSetting of the vault with category AuditEvent"
            yield Flaw("", what, "no DiagnosticSetting of it", "AuditEvent", fix, vault)


def _locked(whole: Whole) -> Iterator[Flaw]:
    for kind, part in STATEFUL.items():
        for one in whole.of(kind):
            if one.protect and not any(_holds(whole, lock, one, part) for lock in whole.of(LOCK)):
                what = "the program protects it, and nothing in Azure does"
                fix = "add a ManagementLockByScope of it with level CanNotDelete"
                yield Flaw("", what, "no lock on it", "CanNotDelete", fix, one)


def _holds(whole: Whole, lock: Subject, one: Subject, part: str) -> bool:
    if lock.kind == "ManagementLockAtResourceLevel":
        return is_open(lock.get("resourceName")) or speaks_of(lock.get("resourceName"), one, part)
    scope = lock.get("scope") or lock.get("resourceGroupName")
    return is_open(scope) or speaks_of(scope, one, part) or _is_group(whole, scope, one)


def _is_group(whole: Whole, scope: Any, one: Subject) -> bool:
    group = one.get("resourceGroupName")
    part = "resourceGroups:resourceGroupName"
    return (
        is_open(group)
        or scope == group
        or any(speaks_of(scope, known, part) and speaks_of(group, known, part) for known in whole.of(GROUP))
    )


def _server_network(subject: Subject) -> Iterator[Flaw]:
    public = subject.get("network.publicNetworkAccess")
    inside = subject.get("network.delegatedSubnetResourceId")
    if (
        text(public).lower() != "disabled"
        and not inside
        and is_known(public)
        and is_known(subject.get("network"))
    ):
        what = "it has a public address"
        given = text(public or "left out")
        yield Flaw("network.publicNetworkAccess", what, given, "Disabled", "set it to Disabled")


def _server_world(subject: Subject) -> Iterator[Flaw]:
    """From 0.0.0.0 to itself means all of Azure, every customer's."""
    first, last = subject.get("startIpAddress"), subject.get("endIpAddress")
    if first == "0.0.0.0" and last in ("0.0.0.0", "255.255.255.255"):  # noqa: S104 - what the rule is about
        what = "all of Azure may try to sign in" if last == first else "the whole internet may try to sign in"
        yield Flaw("startIpAddress", what, f"{first} to {last}", "your addresses", "name addresses")


def _parameter(subject: Subject) -> Iterator[Flaw]:
    known = PARAMETERS.get(str(subject.get("configurationName")))
    given = subject.get("value")
    if known and given is not None and is_known(given) and text(given).lower() not in known[0]:
        yield Flaw("value", known[1], text(given), " or ".join(known[0]), f"set it to {known[0][0]}")


def _copies(subject: Subject) -> Iterator[Flaw]:
    mode, far = subject.get("highAvailability.mode"), subject.get("backup.geoRedundantBackup")
    if mode != "ZoneRedundant" and far != "Enabled" and is_known(mode) and is_known(far):
        what = "server and backups are lost with their zone"
        fix = "set highAvailability.mode to ZoneRedundant, or geoRedundantBackup to Enabled"
        yield Flaw("highAvailability.mode", what, text(mode or "left out"), "ZoneRedundant", fix)


def _retention(subject: Subject) -> Iterator[Flaw]:
    given = subject.get("retentionInDays")
    if given is None or (isinstance(given, int | float) and 0 <= given < LEAST_DAYS):
        what = "what happened is forgotten before somebody asks"
        allowed = f"{LEAST_DAYS} or more"
        yield Flaw("retentionInDays", what, text(given or "left out"), allowed, f"set it to {LEAST_DAYS}")


RULES = (
    ResourceRule(
        id="azure-vault-recoverable",
        title="A key that is deleted can be brought back",
        reason="With a key all that it encrypts is lost; protection gives you weeks to notice.",
        level="mandatory",
        references=("CIS-Azure 3.0.0 3.3.5", "MCSB DP-8"),
        types=(VAULT,),
        check=holds(*PURGE),
        remedy=sets(*PURGE),
    ),
    ResourceRule(
        id="azure-vault-rbac",
        title="Roles alone open a vault",
        reason="Access policies are seen in no review of access, and whoever may change the vault grants himself.",
        level="mandatory",
        references=("CIS-Azure 3.0.0 3.3.6", "MCSB PA-7"),
        types=(VAULT,),
        check=holds(RBAC),
    ),
    WholeRule(
        id="azure-vault-network",
        title="Known networks alone reach a vault",
        reason="A stolen token is worth nothing to who cannot reach the keys with it.",
        level="mandatory",
        references=("CIS-Azure 5.0.0 8.3.7", "MCSB NS-2"),
        looks_at="resources",
        check=_vault_network,
    ),
    WholeRule(
        id="azure-vault-logged",
        title="Who uses a vault is kept",
        reason="A key or secret that leaked is found by who asked for it, and when.",
        level="mandatory",
        references=("CIS-Azure 3.0.0 6.1.4", "MCSB LT-3"),
        looks_at="resources",
        check=_vault_logged,
    ),
    WholeRule(
        id="azure-data-locked",
        title="What the program protects, Azure protects too",
        reason="Protection of the engine ends where somebody uses the portal, or deletes the resource group.",
        level="mandatory",
        references=("CIS-Azure 3.0.0 10.1",),
        looks_at="resources",
        check=_locked,
    ),
    ResourceRule(
        id="azure-postgres-private",
        title="Databases have no public address",
        reason="A database that the internet reaches is tried with stolen and guessed passwords all day.",
        level="mandatory",
        references=("MCSB NS-2",),
        types=(SERVER,),
        check=_server_network,
    ),
    ResourceRule(
        id="azure-postgres-no-world",
        title="No database lets in the whole internet, or all of Azure",
        reason="Whoever rents a machine in Azure has an address there.",
        level="mandatory",
        references=("CIS-Azure 3.0.0 5.2.5",),
        types=(FIREWALL,),
        check=_server_world,
    ),
    ResourceRule(
        id="azure-postgres-entra",
        title="Callers sign in to databases by Entra alone",
        reason="Its tokens end within the hour; a password holds until all callers are changed at once.",
        level="mandatory",
        references=("MCSB IM-1",),
        types=(SERVER,),
        check=holds(*ENTRA),
        remedy=sets(*ENTRA),
    ),
    ResourceRule(
        id="azure-postgres-parameters",
        title="Databases ask for TLS 1.2 and keep who signed in",
        reason="Azure's defaults are right in this; a parameter that undoes them is never needed by a caller of today.",
        level="mandatory",
        references=("CIS-Azure 3.0.0 5.2.1", "MCSB DP-3"),
        types=(PARAMETER,),
        check=_parameter,
    ),
    ResourceRule(
        id="azure-postgres-copies",
        title="Databases outlive their zone",
        reason="A zone that burns or floods takes along the server and, without copies elsewhere, its backups.",
        level="advisory",
        references=("MCSB BR-2",),
        types=(SERVER,),
        check=_copies,
    ),
    ResourceRule(
        id="azure-logs-kept",
        title="Logs are kept for 90 days",
        reason="Most intrusions are noticed after weeks: what came before is then asked for.",
        level="advisory",
        references=("CIS-Azure 3.0.0 7.5", "MCSB LT-6"),
        types=(WORKSPACE,),
        check=_retention,
    ),
)
