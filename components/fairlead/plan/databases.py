"""The databases layer, decided: which layers have one, whether the cloud or this cluster runs it, how many servers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fairlead.catalog import servers
from fairlead.errors import Problem, one_of
from fairlead.plan.databases_model import SIGN_IN, USERS, VERSION, DatabasesPlan, DumpsPlan, ManagedPlan
from fairlead.plan.model import PoolPlan
from fairlead.plan.replicas import pair
from fairlead.spec.databases import Databases
from fairlead.spec.layer import Layers

MANAGED = "platform.layers.databases.managed"


def check(layers: Layers, target: str) -> Iterator[Problem]:
    """A cloud's own PostgreSQL needs a cloud that this product knows it of, and a machine that is there."""
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
    if spec.most_gib < spec.storage_gib:
        what, given = "is less than the disk has at the beginning", str(spec.most_gib)
        yield Problem(f"{MANAGED}.most_gib", what, given, f"{spec.storage_gib} or more: storage_gib")


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
    machine = spec.machine or next(iter(servers.load()[target]))
    return ManagedPlan(
        layers=served,
        version=VERSION,
        machine=machine,
        storage_gib=spec.storage_gib,
        most_gib=spec.most_gib,
        standby=spec.standby,
        backup_days=spec.backup_days,
        authority=spec.authority,
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
