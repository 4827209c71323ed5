"""PostgreSQL that Azure runs for layers: names, windows, who signs in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from fairlead.plan.databases_model import OWN, USERS, ManagedPlan
from fairlead.plan.sites import azure_names as naming
from fairlead.plan.sites.azure_model import ContainerPlan
from fairlead.plan.sites.azure_server import FlexibleServer
from fairlead.spec.azure import AzureTarget

NAME = 63
"""Characters of a server's name: lower-case letters and digits, and single hyphens between them.
azure-mgmt-postgresqlflexibleservers 2.0.0 (PyPI), servers: build_create_or_update_request, 2026-11-29"""
DAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
"""In the order in which maintenance windows count them.
https://learn.microsoft.com/azure/postgresql/configure-maintain/concepts-maintenance, 2026-11-29"""


def servers(
    name: str, managed: ManagedPlan | None, target: AzureTarget, containers: Sequence[ContainerPlan]
) -> Iterator[FlexibleServer]:
    """The servers of a platform: one for each layer that has its database outside, opened by its store's identity."""
    if managed is None:
        return
    identities = {one.share.layer: one for one in containers}
    hour, _, minute = target.maintenance.start.partition(":")
    for layer in managed.layers:
        yield FlexibleServer(
            layer=layer,
            share=USERS[layer],
            name=server_name(name, layer, target.subscription),
            database=OWN[layer],
            user=identities[layer].identity,
            version=managed.version,
            machine=managed.machine,
            tier=managed.tier,
            storage_gib=managed.storage_gib,
            standby=managed.standby,
            backup_days=managed.backup_days,
            maintenance_day=DAYS.index(target.maintenance.day),
            maintenance_hour=int(hour),
            maintenance_minute=int(minute),
            authority=managed.authority,
        )


def server_name(name: str, layer: str, subscription: str) -> str:
    """A name that nobody else in the world has: it carries a digest of the subscription."""
    mark = naming.digest(subscription, name, layer)
    plain = re.sub("-+", "-", f"{name}-{layer}")
    return f"{plain[: NAME - len(mark) - 1].rstrip('-')}-{mark}"
