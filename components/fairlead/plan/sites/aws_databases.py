"""PostgreSQL that Amazon RDS runs for layers: names, windows, who signs."""

from __future__ import annotations

from collections.abc import Iterator

from fairlead.plan.databases_model import OWN, USERS, ManagedPlan
from fairlead.plan.sites.aws_names import fit
from fairlead.plan.sites.aws_server import Server
from fairlead.spec.target import Maintenance

IDENTIFIER = 63
"""Characters of a server's name; no two hyphens beside each other. botocore 1.44.5 (PyPI) rds service model,
CreateDBInstanceMessage.DBInstanceIdentifier, 2026-11-29"""
AUTHORITY = "rds-ca-rsa2048-g1"
"""Who signs the servers' certificates until 2061.
https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.SSL.html, 2026-11-29"""
DAY_MINUTES, BACKUP_MINUTES = 24 * 60, 30
"""The backup window is the shortest that there is, and ends when maintenance begins: the two must not overlap."""


def servers(platform: str, managed: ManagedPlan | None, window: Maintenance) -> Iterator[Server]:
    """The servers of a platform: one for each layer that has its database outside."""
    if managed is None:
        return
    for layer in managed.layers:
        name = fit(f"{_single(platform)}-{layer}", IDENTIFIER)
        yield Server(
            layer=layer,
            namespace=USERS[layer],
            name=name,
            log_group=f"/aws/rds/instance/{name}/postgresql",
            database=OWN[layer],
            user=OWN[layer],
            version=managed.version,
            machine=managed.machine,
            storage_gib=managed.storage_gib,
            most_gib=managed.most_gib,
            standby=managed.standby,
            backup_days=managed.backup_days,
            backup_window=_backup(window),
            maintenance_window=_maintenance(window),
            authority=managed.authority,
        )


def _single(name: str) -> str:
    while "--" in name:
        name = name.replace("--", "-")
    return name


def _clock(minutes: int) -> str:
    hours, rest = divmod(minutes % DAY_MINUTES, 60)
    return f"{hours:02}:{rest:02}"


def _begin(window: Maintenance) -> int:
    hours, minutes = (int(part) for part in window.start.split(":"))
    return hours * 60 + minutes


def _backup(window: Maintenance) -> str:
    start = _begin(window)
    return f"{_clock(start - BACKUP_MINUTES)}-{_clock(start)}"


def _maintenance(window: Maintenance) -> str:
    """`sun:02:00-sun:08:00`, but for the last half hour of a whole day, which is the backup's."""
    days = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    first = next(place for place, day in enumerate(days) if window.day.startswith(day))
    start = _begin(window)
    end = start + min(window.hours * 60, DAY_MINUTES - BACKUP_MINUTES)
    last = days[(first + end // DAY_MINUTES) % len(days)]
    return f"{days[first]}:{_clock(start)}-{last}:{_clock(end)}"
