"""The databases layer, decided: how many servers each database has, and which layers have one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fairlead.plan.databases_model import USERS, DatabasesPlan, DumpsPlan
from fairlead.plan.model import PoolPlan
from fairlead.plan.replicas import pair
from fairlead.spec.databases import Databases
from fairlead.spec.layer import Layers


def databases_plan(layers: Layers, pools: Sequence[PoolPlan]) -> DatabasesPlan:
    """Whether there are databases, and for whom."""
    spec: Databases = layers.databases
    if not spec.enabled:
        return DatabasesPlan()
    users = {
        "tracking": layers.tracking.enabled,
        "workflows": layers.workflows.enabled and layers.workflows.archive_days is not None,
        "katib": layers.katib.enabled,
    }
    spaces = tuple(space for layer, space in USERS.items() if users[layer])
    dumps = spec.dumps and DumpsPlan(spec.dumps.schedule, spec.dumps.keep, spec.dumps.size)
    return DatabasesPlan(True, pair(pools), spec.instances or pair(pools), spec.size, spaces, dumps)


def notes(plan: DatabasesPlan) -> Iterator[str]:
    """What the reader of a plan should know: what a lost volume takes with it."""
    if plan.enabled and plan.instances == 1 and plan.dumps is None:
        yield (
            "Each database has one server and no copy: what is on its volume is lost with it. More than one takes"
            " two nodes that are always there; platform.layers.databases.dumps makes copies."
        )
