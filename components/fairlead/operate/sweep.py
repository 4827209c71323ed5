"""Takes out every node whose fault has lasted, where nobody else mends it: the fault policy, by whoever calls.

Called again and again (a timer, a scheduled pipeline) it is the automatic quarantine of clusters whose target
mends nothing by itself. What it does is a pure function of the plan, the nodes and the time; a second call
finds the nodes out, and does nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from fairlead import labels
from fairlead.errors import FairleadError
from fairlead.operate.quarantine import Quarantined, ill, is_out, quarantine, said
from fairlead.plan.health_model import FaultPlan
from fairlead.plan.model import PlatformPlan
from fairlead.values import span
from fairlead.workload.api import Object
from fairlead.workload.client import Client
from fairlead.workload.conditions import conditions


@dataclass(frozen=True)
class Seen:
    """A fault that a node shows, and that only this command acts on."""

    node: str
    pool: str
    fault: str
    condition: str
    message: str
    lasts: int
    """Seconds since the node first showed it."""
    after: int
    """Seconds that it must last before the node is taken out."""

    @property
    def due(self) -> bool:
        """Whether it has lasted."""
        return self.lasts >= self.after


@dataclass(frozen=True)
class Crowd:
    """A pool of which too many nodes are unhealthy: then the cause lies elsewhere."""

    pool: str
    unhealthy: int
    nodes: int
    limit: int


@dataclass(frozen=True)
class Swept:
    """What came of it."""

    taken: tuple[Seen, ...]
    waiting: tuple[Seen, ...]
    """Faults that have not lasted yet."""
    spared: tuple[Seen, ...]
    """Due, and left alone: too many nodes of their pool are unhealthy."""
    crowds: tuple[Crowd, ...]
    done: tuple[Quarantined, ...] = ()
    failed: tuple[str, ...] = ()
    """What went wrong with single nodes."""

    @property
    def needs_somebody(self) -> bool:
        """Whether a person must look."""
        return bool(self.spared or self.failed)


def find(nodes: Sequence[Object], plan: PlatformPlan, now: datetime) -> Swept:
    """What there is to do, by what the nodes show. now: with a time zone."""
    taken: list[Seen] = []
    waiting: list[Seen] = []
    spared: list[Seen] = []
    crowds: list[Crowd] = []
    for pool in plan.pools:
        own = [node for node in nodes if _pool(node) == pool.name]
        inside = [node for node in own if not is_out(node)]
        faults = [fault for fault in plan.health.faults if fault.pool == pool.name]
        seen = [one for node in inside if (one := _worst(node, faults, now))]
        waiting += [one for one in seen if not one.due]
        # Where the platform's own controllers run, one node must be left to them.
        most = len(own) if pool.accelerator else len(own) - 1
        limit = min(most, max(1, len(own) * plan.health.stop_above // 100))
        unhealthy = len(own) - len(inside) + len(seen)
        due = [one for one in seen if one.due]
        if due and unhealthy > limit:
            crowds.append(Crowd(pool.name, unhealthy, len(own), limit))
            spared += due
        else:
            taken += due
    return Swept(tuple(taken), tuple(waiting), tuple(spared), tuple(crowds))


def sweep(client: Client, plan: PlatformPlan, *, dry_run: bool = False) -> Swept:
    """Takes out what `find` finds, one node after the other. Raises FairleadError if the nodes cannot be read."""
    found = find(client.api.list("Node", None)[0], plan, datetime.now(UTC))
    if dry_run:
        return found
    done: list[Quarantined] = []
    failed: list[str] = []
    for one in found.taken:
        try:
            done.append(quarantine(client, one.node, one.fault))
        except FairleadError as error:
            failed.append(f"node {one.node}: {error}")
    return replace(found, done=tuple(done), failed=tuple(failed))


def _worst(node: Object, faults: Sequence[FaultPlan], now: datetime) -> Seen | None:
    """The fault of a node that is due first, of those of its pool; None for a node without one that is ours."""
    return min(_seen(node, faults, now), key=lambda one: one.after - one.lasts, default=None)


def _seen(node: Object, faults: Sequence[FaultPlan], now: datetime) -> Iterator[Seen]:
    shown = {one["type"]: one for one in conditions(node) if ill(one)}
    for fault in faults:
        here = shown.get(fault.condition)
        if here and fault.by_sweep:
            since = datetime.fromisoformat(here["lastTransitionTime"])
            lasts = max(0, int((now - since).total_seconds()))
            yield Seen(
                node=node["metadata"]["name"],
                pool=fault.pool,
                fault=fault.fault,
                condition=fault.condition,
                message=here.get("message", ""),
                lasts=lasts,
                after=fault.asked_seconds,
            )


def _pool(node: Object) -> str:
    tags: Mapping[str, str] = node["metadata"].get("labels") or {}
    return tags.get(labels.POOL, "")


def told(swept: Swept, *, dry_run: bool = False) -> list[str]:
    """The result in lines for people."""
    would = "would be taken out" if dry_run else "is taken out"
    lines = [f"{_shown(one)}: {would}" for one in swept.taken]
    lines += [line for one in swept.done for line in said(one)]
    lines += [f"{_shown(one)}: it stays until that has lasted {span(one.after)}" for one in swept.waiting]
    lines += [f"{_shown(one)}: left alone" for one in swept.spared]
    for one in swept.crowds:
        counted = f"{one.unhealthy} of {one.nodes} nodes of pool {one.pool} are unhealthy"
        lines.append(f"{counted}, and {one.limit} may be: see layers.health.stop_above")
    return [*lines, *swept.failed] or ["no node shows a fault that nobody else mends"]


def _shown(one: Seen) -> str:
    return f"node {one.node} of pool {one.pool} shows {one.condition} ({one.fault}) for {_rough(one.lasts)}"


def _rough(seconds: int) -> str:
    return span(seconds if seconds < 120 else seconds // 60 * 60)
