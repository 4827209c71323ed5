"""Capacity that comes as a whole: asked for before a workload starts, which then has all of its nodes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from fairlead.catalog.model import TargetRow
from fairlead.catalog.prices import RESERVATION
from fairlead.errors import Problem
from fairlead.plan.machines import Choice
from fairlead.plan.model import PoolPlan
from fairlead.plan.queue_model import ProvisioningPlan
from fairlead.spec.aws import AwsTarget
from fairlead.spec.gcp import GcpTarget
from fairlead.spec.pool import Pool
from fairlead.spec.targets import AnyTarget

FLEX = "flex"
CAPACITY_BLOCK = "capacity-block"
"""Kind of reservation that has a price of its own."""
RUN_SECONDS = "maxRunDurationSeconds"
"""Parameter of the class: how long the nodes are kept at most.
https://github.com/GoogleCloudPlatform/ai-on-gke, tutorials-and-examples/workflow-orchestration/dws-examples,
read 2026-11-24."""


def provisioned(target: AnyTarget) -> tuple[str, ...]:
    """Names of the pools that grow only for a request."""
    return target.queued if isinstance(target, GcpTarget) else ()


def reservation_kind(pool: Pool, target: AnyTarget) -> str:
    """The kind of a pool's reservation, as the catalogue calls it: the usual one unless the target knows another."""
    blocks = target.capacity_blocks if isinstance(target, AwsTarget) else ()
    return CAPACITY_BLOCK if pool.reservation in blocks else RESERVATION


def provisioning(
    flavor: str, pools: Sequence[PoolPlan], names: Sequence[str], row: TargetRow
) -> ProvisioningPlan | None:
    """The request of one flavor's workloads; None where its pools are there, or grow for single pods."""
    kind = row.flex_class if all(pool.capacity == FLEX for pool in pools) else row.atomic_class
    if not kind or not pools or any(pool.name not in names for pool in pools):
        return None
    longest = [pool.max_seconds for pool in pools if pool.max_seconds]
    parameters = {RUN_SECONDS: str(min(longest))} if longest else {}
    resources = tuple(sorted({pool.resource for pool in pools if pool.resource}))
    return ProvisioningPlan(flavor, flavor, kind, parameters, resources)


def problems(
    pools: Mapping[int, Pool], choices: Mapping[int, Choice], names: Sequence[str]
) -> Iterator[Problem]:
    """A queue asks for a flavor's capacity in one way: all of its pools grow by request, or none does."""
    first: dict[tuple[str | None, tuple[str, ...]], int] = {}
    for place, choice in choices.items():
        pool = pools[place]
        earlier = first.setdefault((choice.machine.accelerator, pool.capacity), place)
        if (pools[earlier].name in names) != (pool.name in names):
            yield Problem(
                "platform.target.queued",
                f"pool {pools[earlier].name} has the same accelerator and capacity: the queue asks for both or none",
                ", ".join(names),
                "both of them, or neither",
            )
