"""Mistakes with servers of Cloud SQL that the judge of Google Cloud must notice, one at a time."""

from __future__ import annotations

from reference.common import Resource
from reference.gcp.mutations_platform import ACCOUNT_GRANT, PROJECT_GRANT, RECORD, ZONE
from reference.gcp.rules_databases import DATABASE, ENDPOINT, SERVER, USER
from reference.mutation import Mutation, add, delete, edit, to

ADDRESS = "gcp:compute/address:Address"
AGENT = "gcp:projects/serviceIdentity:ServiceIdentity"
_ADDRESSES = "settings.ipConfiguration"
_BACKUPS = "settings.backupConfiguration"


def _logs_in(one: Resource) -> bool:
    return one["inputs"].get("role") == "roles/cloudsql.instanceUser"


def _of_a_server(one: Resource) -> bool:
    return "DatabaseInstance" in str(one["inputs"].get("dnsName") or one["inputs"].get("name"))


def _of_pods(one: Resource) -> bool:
    return "/sa/" in str(one["inputs"].get("member"))


DATABASES = (
    Mutation("server on a machine that does not exist", SERVER, "settings.tier", to("db-perf-optimized-N-3")),
    Mutation("server on a machine of the other edition", SERVER, "settings.tier", to("db-custom-2-8192")),
    Mutation("server on a machine of nodes", SERVER, "settings.tier", to("n2-standard-2")),
    Mutation("server of an edition that does not exist", SERVER, "settings.edition", to("PLUS")),
    Mutation("server of the other edition", SERVER, "settings.edition", to("ENTERPRISE")),
    Mutation("server of a version that does not exist", SERVER, "databaseVersion", to("POSTGRES_7")),
    Mutation("server with an address in the internet", SERVER, f"{_ADDRESSES}.ipv4Enabled", to(True)),
    Mutation("server that lets clear text in", SERVER, f"{_ADDRESSES}.sslMode", to("ALLOW_UNENCRYPTED_AND_ENCRYPTED")),
    Mutation("server whose certificate bears no name", SERVER, f"{_ADDRESSES}.serverCaMode",
             to("GOOGLE_MANAGED_INTERNAL_CA")),
    Mutation("server with a mode of TLS misspelt", SERVER, f"{_ADDRESSES}.sslMode", to("ENCRYPTED")),
    Mutation("server that other projects reach", SERVER, f"{_ADDRESSES}.pscConfigs[0].allowedConsumerProjects",
             add("", "another-project")),
    Mutation("server that nobody reaches", SERVER, f"{_ADDRESSES}.pscConfigs[0].pscEnabled", to(False)),
    Mutation("server without the platform's key", SERVER, "encryptionKeyName", delete),
    Mutation("server whose key is a key ring", SERVER, "encryptionKeyName",
             edit(lambda text: text.replace("cryptoKey:CryptoKey", "keyRing:KeyRing"))),
    Mutation("server whose password is in the state", SERVER, "", add("rootPassword", "secret")),
    Mutation("server that anybody may delete", SERVER, "settings.deletionProtectionEnabled", to(False)),
    Mutation("server that the engine may delete", SERVER, "deletionProtection", to(False)),
    Mutation("server without a last backup", SERVER, "settings.finalBackupConfig.enabled", to(False)),
    Mutation("server without a standby's word", SERVER, "settings.availabilityType", to("MULTI_ZONE")),
    Mutation("server whose disk shrinks", SERVER, "settings.diskAutoresizeLimit", to(20)),
    Mutation("server whose disk does not grow", SERVER, "settings.diskAutoresize", to(False)),
    Mutation("server on a disk that does not exist", SERVER, "settings.diskType", to("pd-ssd")),
    Mutation("moments kept for ever", SERVER, f"{_BACKUPS}.transactionLogRetentionDays", to(36)),
    Mutation("fewer backups than days", SERVER, f"{_BACKUPS}.backupRetentionSettings.retainedBackups", to(7)),
    Mutation("backups of no moment", SERVER, f"{_BACKUPS}.pointInTimeRecoveryEnabled", to(False)),
    Mutation("backup at no time", SERVER, f"{_BACKUPS}.startTime", to("25:00")),
    Mutation("backup during maintenance", SERVER, f"{_BACKUPS}.startTime", to("02:00")),
    Mutation("maintenance on the eighth day", SERVER, "settings.maintenanceWindow.day", to(8)),
    Mutation("maintenance whenever", SERVER, "settings.maintenanceWindow.updateTrack", to("anytime")),
    Mutation("nobody signs in by IAM", SERVER, "settings.databaseFlags[0].value", to("off")),
    Mutation("flag of MySQL", SERVER, "settings.databaseFlags[0].name", to("cloudsql_iam_authentication")),
    Mutation("server with a switch misspelt", SERVER, "settings", add("diskAutoResize", True)),
    Mutation("server in another region", SERVER, "region", to("us-middle1")),
    Mutation("user with a password", USER, "type", to("BUILT_IN")),
    Mutation("user of a kind that does not exist", USER, "type", to("IAM")),
    Mutation("user whose password is in the state", USER, "", add("password", "secret")),
    Mutation("user by the account's whole address", USER, "name", edit(lambda name: f"{name}.gserviceaccount.com")),
    Mutation("user that is no account", USER, "name", edit(lambda name: f"x{name}")),
    Mutation("user without rights", USER, "databaseRoles", delete),
    Mutation("user of another server", USER, "instance", to("another")),
    Mutation("user that goes before its tables", USER, "deletionPolicy", delete),
    Mutation("database of another server", DATABASE, "instance", to("another")),
    Mutation("database that goes before its server", DATABASE, "deletionPolicy", delete),
    Mutation("account that may not sign in", PROJECT_GRANT, "role", to("roles/cloudsql.viewer"), _logs_in),
    Mutation("account of a role that does not exist", PROJECT_GRANT, "role", to("roles/cloudsql.login"), _logs_in),
    Mutation("account for pods of another project", ACCOUNT_GRANT, "member",
             edit(lambda who: who.replace(".svc.id.goog", "x.svc.id.goog")), _of_pods),
    Mutation("account for pods of nowhere", ACCOUNT_GRANT, "member",
             edit(lambda who: who.replace("/ns/fairlead-tracking", "/ns/nowhere")), _of_pods),
    Mutation("endpoint that balances", ENDPOINT, "loadBalancingScheme", to("INTERNAL")),
    Mutation("endpoint of nothing", ENDPOINT, "target", to("nothing")),
    Mutation("endpoint in another network", ENDPOINT, "network", to("another")),
    Mutation("endpoint on another address", ENDPOINT, "ipAddress", to("another")),
    Mutation("endpoint in another region", ENDPOINT, "region", to("europe-west1")),
    Mutation("address in the internet", ADDRESS, "addressType", to("PUBLIC")),
    Mutation("name of a server without its dot", ZONE, "dnsName", edit(lambda name: name.rstrip(".")), _of_a_server),
    Mutation("name of a server in another zone", RECORD, "name", to("db.example.com."), _of_a_server),
    Mutation("agent of another project", AGENT, "project", to("another-project")),
    Mutation("agent of a service that does not exist", AGENT, "service", to("sql.googleapis.com")),
)  # fmt: skip
