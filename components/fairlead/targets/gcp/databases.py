"""PostgreSQL that Cloud SQL runs for layers. It has no password: pods sign in by a token of an account of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
from pulumi_gcp import projects, serviceaccount, sql

from fairlead.contract.database import Database, SignIn, behind
from fairlead.contract.handle import Reach
from fairlead.plan.sites.gcp_databases import LOGIN
from fairlead.plan.sites.gcp_model import GcpSite
from fairlead.plan.sites.gcp_server import SqlServer
from fairlead.targets.gcp.database_door import Door
from fairlead.targets.gcp.identity import IMPERSONATE
from fairlead.targets.gcp.spelling import kept, under

PORT = 5432
SETTINGS: Mapping[str, str] = {
    "cloudsql.iam_authentication": "on",
    "log_connections": "on",
    "log_disconnections": "on",
}
"""https://cloud.google.com/sql/docs/postgres/flags, 2026-11-29"""
OWNER = "cloudsqlsuperuser"
"""Role that owns databases made by the API: whoever is a member makes tables in them. It is no superuser.
https://cloud.google.com/sql/docs/postgres/users, 2026-11-29"""
ACCOUNT = "CLOUD_IAM_SERVICE_ACCOUNT"
LAST_DAYS = 30
"""For how long the last backup of a server that was deleted is kept: this product's choice."""
METADATA = "http://metadata.google.internal/computeMetadata/v1/instance/service-accounts/default/token"
"""Where a pod gets a token of its own identity.
https://cloud.google.com/kubernetes-engine/docs/concepts/workload-identity, 2026-11-29"""
TOKENS = "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/"
SCOPE = "https://www.googleapis.com/auth/sqlservice.login"
"""What the token is good for: to sign in to a server, and for nothing else.
https://cloud.google.com/sql/docs/postgres/iam-logins, 2026-11-29"""
ASKING = """\
import json
import urllib.request


def told(address, headers, body=None):
    asked = urllib.request.Request(address, body, headers)
    with urllib.request.urlopen(asked, timeout=30) as answer:
        return json.load(answer)


def password():
    own = told(os.environ["METADATA"], {"Metadata-Flavor": "Google"})["access_token"]
    headers = {"Authorization": "Bearer " + own, "Content-Type": "application/json"}
    body = json.dumps({"scope": [os.environ["SCOPE"]], "lifetime": "3600s"}).encode()
    return told(os.environ["TOKENS"], headers, body)["accessToken"]
"""


@dataclass(frozen=True)
class DatabasesArgs:
    """What the servers are made of."""

    site: GcpSite
    network: pulumi.Input[str]
    subnet: pulumi.Input[str]
    key: pulumi.Input[str]
    after: Sequence[pulumi.Resource]
    """What must stand before: that Cloud SQL may use the key among it."""


def reach(site: GcpSite) -> list[Reach]:
    """What pods of a layer call beside the store's addresses, where they get their token: the servers' endpoints."""
    return [Reach(site.network.cidr, (PORT,))]


class Databases(pulumi.ComponentResource):
    """A server for each layer that has its database outside the cluster."""

    handle: Mapping[str, Database]
    """By layer. Whoever calls a server waits until it can be reached and signed in to."""

    def __init__(self, name: str, args: DatabasesArgs, opts: pulumi.ResourceOptions) -> None:
        super().__init__("fairlead:gcp:Databases", name, {}, opts)
        self._args, self._site = args, args.site
        self.handle = {one.layer: self._one(one) for one in args.site.servers}
        self.register_outputs({})

    def _one(self, plan: SqlServer) -> Database:
        account, bonds = self._account(plan)
        server = self._server(plan)
        inside = self._inside(plan, server, account)
        door = Door(plan.name, self._site, server, (self._args.network, self._args.subnet), self)
        environment = {"METADATA": METADATA, "TOKENS": f"{TOKENS}{plan.email}:generateAccessToken"}
        return Database(
            host=behind(door.host, [*bonds, *inside, door.ready]),
            port=PORT,
            name=plan.database,
            user=plan.user,
            password=SignIn(ASKING, {**environment, "SCOPE": SCOPE}),
            authority=plan.authority or server.server_ca_certs.apply(authority),
            reach=reach(self._site),
        )

    def _account(self, plan: SqlServer) -> tuple[serviceaccount.Account, list[pulumi.Resource]]:
        """An account without a key, and what lets it sign in: Cloud SQL knows no account of a cluster as a user."""
        account = serviceaccount.Account(
            plan.name,
            account_id=plan.account,
            project=self._site.project,
            display_name=f"Signs in to {plan.name}",
            opts=under(self, self._args.after),
        )
        bonds: list[pulumi.Resource] = [
            serviceaccount.IAMMember(
                plan.name,
                service_account_id=account.name,
                role=IMPERSONATE,
                member=plan.principal,
                opts=under(self),
            ),
            projects.IAMMember(
                plan.name,
                project=self._site.project,
                role=LOGIN,
                member=account.member,
                opts=under(self),
            ),
        ]
        return account, bonds

    def _inside(
        self, plan: SqlServer, server: sql.DatabaseInstance, account: serviceaccount.Account
    ) -> list[pulumi.Resource]:
        """The database and its user. Both go with the server: neither goes while tables of the user are there."""
        database = sql.Database(
            plan.name,
            instance=server.name,
            name=plan.database,
            project=self._site.project,
            deletion_policy="ABANDON",
            opts=under(self),
        )
        user = sql.User(
            plan.name,
            instance=server.name,
            name=plan.user,
            type=ACCOUNT,
            database_roles=[OWNER],
            project=self._site.project,
            deletion_policy="ABANDON",
            opts=under(self, [account]),
        )
        return [database, user]

    def _server(self, plan: SqlServer) -> sql.DatabaseInstance:
        site = self._site
        return sql.DatabaseInstance(
            plan.name,
            name=plan.name,
            project=site.project,
            region=site.region,
            database_version=plan.version,
            encryption_key_name=self._args.key,
            deletion_protection=site.protect,
            settings=_settings(site, plan),
            opts=kept(self, site.protect, self._args.after),
        )


def _settings(site: GcpSite, plan: SqlServer) -> sql.DatabaseInstanceSettingsArgs:
    return sql.DatabaseInstanceSettingsArgs(
        tier=plan.machine,
        edition=plan.edition,
        availability_type="REGIONAL" if plan.standby else "ZONAL",
        disk_type="PD_SSD",
        disk_size=plan.storage_gib,
        disk_autoresize=True,
        disk_autoresize_limit=plan.most_gib,
        database_flags=[
            sql.DatabaseInstanceSettingsDatabaseFlagArgs(name=name, value=value)
            for name, value in SETTINGS.items()
        ],
        ip_configuration=_addresses(site),
        backup_configuration=_backups(site, plan),
        # Patch releases come in the window, major ones never by themselves.
        maintenance_window=sql.DatabaseInstanceSettingsMaintenanceWindowArgs(
            day=plan.maintenance_day, hour=plan.maintenance_hour, update_track="stable"
        ),
        deletion_protection_enabled=site.protect,
        retain_backups_on_delete=site.protect,
        final_backup_config=sql.DatabaseInstanceSettingsFinalBackupConfigArgs(
            enabled=site.protect, retention_days=LAST_DAYS if site.protect else None
        ),
        user_labels=dict(site.labels),
    )


def _addresses(site: GcpSite) -> sql.DatabaseInstanceSettingsIpConfigurationArgs:
    """None of its own: it is reached by an endpoint in the platform's subnet, over TLS alone.

    Its certificate names it, which that of Cloud SQL's own authority for each server does not.
    https://cloud.google.com/sql/docs/postgres/authorize-ssl, 2026-11-29
    """
    return sql.DatabaseInstanceSettingsIpConfigurationArgs(
        ipv4_enabled=False,
        ssl_mode="ENCRYPTED_ONLY",
        server_ca_mode="GOOGLE_MANAGED_CAS_CA",
        server_certificate_rotation_mode="AUTOMATIC_ROTATION_DURING_MAINTENANCE",
        psc_configs=[
            sql.DatabaseInstanceSettingsIpConfigurationPscConfigArgs(
                psc_enabled=True, allowed_consumer_projects=[site.project]
            )
        ],
    )


def _backups(site: GcpSite, plan: SqlServer) -> sql.DatabaseInstanceSettingsBackupConfigurationArgs:
    return sql.DatabaseInstanceSettingsBackupConfigurationArgs(
        enabled=True,
        point_in_time_recovery_enabled=True,
        transaction_log_retention_days=plan.backup_days,
        backup_retention_settings=sql.DatabaseInstanceSettingsBackupConfigurationBackupRetentionSettingsArgs(
            # One a day, and one more: the oldest moment is rolled forward from a backup before it.
            retained_backups=plan.backup_days + 1,
            retention_unit="COUNT",
        ),
        start_time=plan.backup_start,
        location=site.region,
    )


def authority(found: Sequence[sql.outputs.DatabaseInstanceServerCaCert] | None) -> str:
    """The certificates that the API tells of a server, in PEM."""
    return "\n".join(one.cert.strip() for one in found or () if one.cert) + "\n"
