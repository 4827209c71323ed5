"""PostgreSQL that Azure runs for layers. It has no password: the layer's identity of Entra is its one administrator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
from pulumi_azure_native import dbforpostgresql as postgresql

from fairlead.contract.database import Database, SignIn, behind
from fairlead.contract.handle import Reach
from fairlead.plan.sites.azure_model import AzureSite
from fairlead.plan.sites.azure_server import FlexibleServer
from fairlead.targets.azure import spelling
from fairlead.targets.azure.audit import audit
from fairlead.targets.azure.group import ResourceGroups
from fairlead.targets.azure.identity import SERVICE_PRINCIPAL, Identities
from fairlead.targets.azure.keys import Keys, lock
from fairlead.targets.azure.network import Network, PrivateDoor

PORT = 5432
PART = "postgresqlServer"
"""What of a server a private endpoint reaches. https://learn.microsoft.com/azure/private-link/private-endpoint-overview,
2026-11-29"""
SETTINGS: Mapping[str, str] = {
    "require_secure_transport": "on",
    "log_connections": "on",
    "log_disconnections": "on",
}
"""https://learn.microsoft.com/azure/postgresql/server-parameters/param-tls, 2026-11-29"""
LOGS = ("PostgreSQLLogs",)
"""https://learn.microsoft.com/azure/postgresql/monitor/concepts-logging, 2026-11-29"""
SCOPE = "https://ossrdbms-aad.database.windows.net/.default"
"""Whom a token addresses that signs in to a server.
https://learn.microsoft.com/azure/postgresql/security/security-entra-configure, 2026-11-29"""
ASKING = """\
import json
import urllib.parse
import urllib.request


def password():
    with open(os.environ["AZURE_FEDERATED_TOKEN_FILE"]) as file:
        own = file.read()
    body = {
        "client_id": os.environ["AZURE_CLIENT_ID"],
        "scope": os.environ["SCOPE"],
        "grant_type": "client_credentials",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": own,
    }
    where = os.environ["AZURE_AUTHORITY_HOST"].rstrip("/"), os.environ["AZURE_TENANT_ID"]
    address = "/".join(where) + "/oauth2/v2.0/token"
    with urllib.request.urlopen(address, urllib.parse.urlencode(body).encode(), timeout=30) as answer:
        return json.load(answer)["access_token"]
"""
"""AKS tells the pod where its own token lies, and who it is for:
https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow, 2026-11-29"""


@dataclass(frozen=True)
class DatabasesArgs:
    """What the servers are made of."""

    site: AzureSite
    groups: ResourceGroups
    identities: Identities
    keys: Keys
    where: Network
    logs: pulumi.Input[str]
    """Id of the workspace that the control plane logs into."""


def reach(site: AzureSite) -> list[Reach]:
    """What pods of a layer call beside the store's addresses, where they get their token: the private endpoints."""
    return [Reach(site.network.endpoints or site.network.space, (PORT,))]


class Databases(pulumi.ComponentResource):
    """A server for each layer that has its database outside the cluster; all share one private zone of DNS."""

    handle: Mapping[str, Database]
    """By layer. Whoever calls a server waits until it can be reached and signed in to."""

    def __init__(self, name: str, args: DatabasesArgs, opts: pulumi.ResourceOptions) -> None:
        super().__init__("fairlead:azure:Databases", name, {}, opts)
        self._name, self._args, self._site = name, args, args.site
        self.handle = {one.layer: self._one(one) for one in args.site.servers}
        self.register_outputs({})

    def _kept(self, after: Sequence[pulumi.Resource], *, data: bool = False) -> pulumi.ResourceOptions:
        """Options of a server and of what is in it: it stays, as it is, where the platform's data stay.

        data: the engine refuses to delete it until protection is switched off.
        """
        return pulumi.ResourceOptions(
            parent=self,
            depends_on=list(after),
            protect=data and self._site.protect,
            retain_on_delete=self._site.keep_objects,
        )

    def _one(self, plan: FlexibleServer) -> Database:
        args, site, name = self._args, self._site, f"{self._name}-{plan.layer}-db"
        server = self._server(name, plan)
        if site.protect:
            lock(name, server.id, pulumi.ResourceOptions(parent=self))
        inside = self._inside(name, plan, server)
        audit(name, server.id, self._args.logs, LOGS, pulumi.ResourceOptions(parent=self))
        opts = pulumi.ResourceOptions(parent=self)
        service = (server.id, PART, spelling.POSTGRES_ZONE)
        door = PrivateDoor(name, args.where, args.groups.cluster.name, site.region, service, opts)
        return Database(
            host=behind(server.fully_qualified_domain_name, [inside, door.ready]),
            port=PORT,
            name=plan.database,
            user=plan.user,
            password=SignIn(ASKING, {"SCOPE": SCOPE}),
            authority=plan.authority,
            reach=reach(site),
        )

    def _server(self, name: str, plan: FlexibleServer) -> postgresql.Server:
        args, site, encryption = self._args, self._site, self._args.identities.encryption
        return postgresql.Server(
            name,
            postgresql.ServerArgs(
                resource_group_name=args.groups.data.name,
                server_name=plan.name,
                location=site.region,
                version=plan.version,
                create_mode=postgresql.CreateMode.DEFAULT,
                sku=postgresql.SkuArgs(name=plan.machine, tier=plan.tier),
                storage=postgresql.StorageArgs(
                    storage_size_gb=plan.storage_gib, auto_grow=postgresql.StorageAutoGrow.ENABLED
                ),
                backup=postgresql.BackupArgs(
                    backup_retention_days=plan.backup_days,
                    geo_redundant_backup=postgresql.GeographicallyRedundantBackup.DISABLED,
                ),
                # Which zone the first server is in and which the second, changes with each failover.
                high_availability=postgresql.HighAvailabilityArgs(
                    mode="ZoneRedundant" if plan.standby else "Disabled"
                ),
                network=postgresql.NetworkArgs(public_network_access="Disabled"),
                auth_config=postgresql.AuthConfigArgs(
                    active_directory_auth=postgresql.MicrosoftEntraAuth.ENABLED,
                    password_auth=postgresql.PasswordBasedAuth.DISABLED,
                    tenant_id=site.entra_tenant,
                ),
                identity=postgresql.UserAssignedIdentityArgs(
                    type=postgresql.IdentityType.USER_ASSIGNED,
                    user_assigned_identities=encryption.id.apply(_one_identity),
                ),
                data_encryption=postgresql.DataEncryptionArgs(
                    type=postgresql.DataEncryptionType.AZURE_KEY_VAULT,
                    primary_key_uri=args.keys.key.uri,
                    primary_user_assigned_identity_id=encryption.id,
                ),
                maintenance_window=postgresql.MaintenanceWindowArgs(
                    custom_window="Enabled",
                    day_of_week=plan.maintenance_day,
                    start_hour=plan.maintenance_hour,
                    start_minute=plan.maintenance_minute,
                ),
            ),
            self._kept(args.keys.granted, data=True),
        )

    def _inside(self, name: str, plan: FlexibleServer, server: postgresql.Server) -> pulumi.Resource:
        """Administrator, settings and database, one behind the other: Azure changes one thing of a server at a time.

        The administrator owns the schema in which tables are made, as a member of azure_pg_admin.
        """
        group, identity = self._args.groups.data.name, self._args.identities.shares[plan.share]
        last: pulumi.Resource = postgresql.AdministratorsMicrosoftEntra(
            name,
            postgresql.AdministratorsMicrosoftEntraArgs(
                resource_group_name=group,
                server_name=server.name,
                object_id=identity.principal_id,
                principal_name=identity.name,
                principal_type=SERVICE_PRINCIPAL,
                tenant_id=self._site.entra_tenant,
            ),
            self._kept([]),
        )
        for setting, value in SETTINGS.items():
            last = postgresql.Configuration(
                f"{name}-{setting.replace('_', '-')}",
                postgresql.ConfigurationArgs(
                    resource_group_name=group,
                    server_name=server.name,
                    configuration_name=setting,
                    value=value,
                    source="user-override",
                ),
                self._kept([last]),
            )
        return postgresql.Database(
            name,
            postgresql.DatabaseArgs(
                resource_group_name=group,
                server_name=server.name,
                database_name=plan.database,
                charset="UTF8",
                collation="en_US.utf8",
            ),
            self._kept([last], data=True),
        )


def _one_identity(found: str) -> Mapping[str, postgresql.UserIdentityArgs]:
    """The identities of a server as its API takes them: by their resource ids, with nothing to say of each."""
    return {found: postgresql.UserIdentityArgs()}
