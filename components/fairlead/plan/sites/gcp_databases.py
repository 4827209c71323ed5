"""PostgreSQL that Cloud SQL runs for layers: names, windows, who signs in."""

from __future__ import annotations

from collections.abc import Iterator

from fairlead.labels import WORKLOAD_ACCOUNT
from fairlead.plan.databases_model import OWN, USERS, ManagedPlan
from fairlead.plan.sites import gcp_access as access
from fairlead.plan.sites import gcp_words as words
from fairlead.plan.sites.gcp_server import SqlServer
from fairlead.plan.sites.gcp_time import DAYS
from fairlead.spec.gcp import GcpTarget
from fairlead.spec.target import Maintenance

SERVICE = "sqladmin.googleapis.com"
CI_ROLES = ("roles/cloudsql.admin",)
"""What the pipeline needs beside its other roles."""
LOGIN = "roles/cloudsql.instanceUser"
"""Signs in to servers that know the account as a user, and to no other.
https://cloud.google.com/sql/docs/postgres/iam-roles, 2026-11-29"""
INSTANCE_NAME = 63
"""Characters of a server's name; with the project's it may have 98.
https://cloud.google.com/sql/docs/postgres/instance-settings, 2026-11-29"""
IDENTIFIER, TAIL = 63, "@.iam"
"""Characters of a role's name in PostgreSQL, and what such an account's has beside its id and its project: its
address without .gserviceaccount.com. https://cloud.google.com/sql/docs/postgres/add-manage-iam-users, 2026-11-29"""
BACKUP_HOURS = 4
"""Length of the backup's window, which ends when maintenance may begin.
https://cloud.google.com/sql/docs/postgres/backup-recovery/backups, 2026-11-29"""


def servers(name: str, managed: ManagedPlan | None, target: GcpTarget) -> Iterator[SqlServer]:
    """The servers of a platform: one for each layer that has its database outside."""
    if managed is None:
        return
    for layer in managed.layers:
        account = words.fit(f"{name}-{layer}-db", account_length(target.project))
        yield SqlServer(
            layer=layer,
            namespace=USERS[layer],
            name=words.fit(f"{name}-{layer}", INSTANCE_NAME),
            account=account,
            email=f"{account}@{target.project}.iam.gserviceaccount.com",
            principal=access.pods(USERS[layer], WORKLOAD_ACCOUNT, target),
            database=OWN[layer],
            user=f"{account}@{target.project}.iam",
            version=f"POSTGRES_{managed.version}",
            machine=managed.machine,
            edition=managed.tier,
            storage_gib=managed.storage_gib,
            most_gib=managed.most_gib,
            standby=managed.standby,
            backup_days=managed.backup_days,
            backup_start=backup_start(target.maintenance),
            maintenance_day=DAYS.index(target.maintenance.day) + 1,
            maintenance_hour=_hour(target.maintenance),
            authority=managed.authority,
        )


def account_length(project: str) -> int:
    """Characters of an account's id that leaves its role's name whole in PostgreSQL."""
    return min(words.ACCOUNT_ID, IDENTIFIER - len(TAIL) - len(project))


def _hour(window: Maintenance) -> int:
    return int(window.start.partition(":")[0])


def backup_start(window: Maintenance) -> str:
    """When backups may begin: behind them comes maintenance."""
    minutes = window.start.partition(":")[2]
    return f"{(_hour(window) - BACKUP_HOURS) % 24:02}:{minutes}"
