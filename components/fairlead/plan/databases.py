"""The databases layer, decided: which layers have one, whether the cloud or this cluster runs it, how many servers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fairlead.catalog import servers
from fairlead.catalog.model import RegionRow
from fairlead.errors import Problem, one_of
from fairlead.plan.databases_model import SIGN_IN, USERS, VERSION, DatabasesPlan, DumpsPlan, ManagedPlan
from fairlead.plan.model import PoolPlan
from fairlead.plan.replicas import pair
from fairlead.spec.databases import Databases, Managed
from fairlead.spec.layer import Layers

MANAGED = "platform.layers.databases.managed"
STORAGE_GIB, MOST_GIB = 50, 500
"""Of a disk at the beginning, and up to where it grows, where the spec says nothing."""
LEAST_DAYS = 7
"""For which any moment can be brought back, at least."""


def check(layers: Layers, target: str) -> Iterator[Problem]:
    """A cloud's own PostgreSQL needs a cloud that this product knows it of, and what that cloud offers."""
    spec, known = layers.databases.managed, servers.load()
    if spec is None or not layers.databases.enabled:
        return
    if target not in known:
        what, fix = (
            "this target runs no PostgreSQL for the platform",
            "leave managed out: the operator makes databases",
        )
        yield Problem(MANAGED, what, target, ", ".join(known), fix)
        return
    rows = known[target]
    if spec.machine is not None and spec.machine not in rows:
        what = "the catalogue has no such machine for databases"
        yield Problem(f"{MANAGED}.machine", what, spec.machine, one_of(list(rows), spec.machine))
    else:
        yield from _machine(spec, rows[spec.machine] if spec.machine else next(iter(rows.values())))
    yield from _disk(spec, servers.disks()[target])


def _machine(spec: Managed, row: servers.ServerRow) -> Iterator[Problem]:
    """What a machine cannot do."""
    if spec.standby and not row.standby:
        what, fix = f"{row.name} has no second server beside it", "write standby: false, or another machine"
        yield Problem(f"{MANAGED}.standby", what, "true", "false", fix)
    if spec.backup_days > row.backup_days:
        yield Problem(
            f"{MANAGED}.backup_days",
            f"{row.name} brings no moment back that is longer ago",
            str(spec.backup_days),
            f"{LEAST_DAYS} to {row.backup_days}",
            f"write backup_days: {row.backup_days}, or another machine",
        )


def zones(layers: Layers, region: RegionRow) -> Iterator[Problem]:
    """A second server in another zone needs another zone."""
    spec = layers.databases.managed
    if spec is not None and layers.databases.enabled and spec.standby and len(region.zones) == 1:
        what = f"{region.name} has no second zone for it"
        yield Problem(f"{MANAGED}.standby", what, "true", "false", "write standby: false, or another region")


def _disk(spec: Managed, row: servers.DiskRow) -> Iterator[Problem]:
    """Sizes that there are, bounds that can be kept, and who signs where nobody else says so."""
    if row.sizes and spec.storage_gib is not None and spec.storage_gib not in row.sizes:
        what, allowed = "the cloud has no disk of this size for databases", ", ".join(row.gib)
        yield Problem(f"{MANAGED}.storage_gib", what, str(spec.storage_gib), allowed)
    if not row.bounded and spec.most_gib is not None:
        what = "the cloud's disks grow by themselves, and it takes no bound"
        yield Problem(f"{MANAGED}.most_gib", what, str(spec.most_gib), fix="leave most_gib out")
    elif spec.most_gib is not None and spec.most_gib < (spec.storage_gib or STORAGE_GIB):
        what, given = "is less than the disk has at the beginning", str(spec.most_gib)
        least = f"{spec.storage_gib or STORAGE_GIB} or more: storage_gib"
        yield Problem(f"{MANAGED}.most_gib", what, given, least)
    if spec.authority is None and not row.told:
        what = "a server's certificate is checked against it, and this cloud's API does not tell it"
        fix = "write the certificates that docs/databases.md names"
        yield Problem(f"{MANAGED}.authority", what, fix=fix)


def _users(layers: Layers) -> dict[str, bool]:
    return {
        "tracking": layers.tracking.enabled,
        "workflows": layers.workflows.enabled and layers.workflows.archive_days is not None,
        "katib": layers.katib.enabled,
        "model-registry": layers.model_registry.enabled,
    }


def managed_plan(layers: Layers, target: str) -> ManagedPlan | None:
    """The cloud's own PostgreSQL, where it is asked for and a layer can sign in to it."""
    spec = layers.databases.managed
    served = tuple(layer for layer, used in _users(layers).items() if used and layer in SIGN_IN)
    if spec is None or not layers.databases.enabled or not served:
        return None
    rows, disk = servers.load()[target], servers.disks()[target]
    machine = rows[spec.machine] if spec.machine else next(iter(rows.values()))
    storage = spec.storage_gib or next((one for one in disk.sizes if one >= STORAGE_GIB), STORAGE_GIB)
    return ManagedPlan(
        layers=served,
        version=VERSION,
        machine=machine.name,
        tier=machine.tier,
        storage_gib=storage,
        most_gib=(spec.most_gib or max(MOST_GIB, storage)) if disk.bounded else 0,
        standby=spec.standby,
        backup_days=spec.backup_days,
        authority=spec.authority or "",
    )


def databases_plan(layers: Layers, pools: Sequence[PoolPlan], target: str) -> DatabasesPlan:
    """Whether there are databases, for whom, and who runs them."""
    spec: Databases = layers.databases
    if not spec.enabled:
        return DatabasesPlan()
    managed = managed_plan(layers, target)
    outside = managed.layers if managed else ()
    users = _users(layers)
    spaces = tuple(space for layer, space in USERS.items() if users[layer] and layer not in outside)
    dumps = spec.dumps and DumpsPlan(spec.dumps.schedule, spec.dumps.keep, spec.dumps.size)
    return DatabasesPlan(True, pair(pools), spec.instances or pair(pools), spec.size, spaces, dumps, managed)


def notes(plan: DatabasesPlan) -> Iterator[str]:
    """What the reader of a plan should know: who runs what, and what a lost volume takes with it."""
    inside = [layer for layer, space in USERS.items() if space in plan.namespaces]
    if plan.managed and inside:
        yield (
            f"The databases of {' and '.join(inside)} stay in the cluster: these take a password from a Secret alone,"
            " and the cloud's PostgreSQL is opened by identity."
        )
    if plan.operated and plan.instances == 1 and plan.dumps is None:
        yield (
            "Each database has one server and no copy: what is on its volume is lost with it. More than one takes"
            " two nodes that are always there; platform.layers.databases.dumps makes copies."
        )
