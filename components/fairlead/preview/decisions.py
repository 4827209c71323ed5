"""What a plan decides otherwise than before, in words: machines, zones, prices' steps, quotas, layers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeVar

from fairlead.plan.model import LayerPlan, PlatformPlan, PoolPlan, TenantPlan
from fairlead.plan.queue_model import QueuePlan
from fairlead.preview.model import Decision

T = TypeVar("T")
Facts = Mapping[str, str]
"""What is decided -> how."""
NOTHING = "none"
PLATFORM = "platform"


def decisions(before: PlatformPlan | None, after: PlatformPlan) -> tuple[Decision, ...]:
    """Every decision that is another one, the platform's first, then pools, tenants and layers in their order.

    before: None where there was no platform; nothing is another one then.
    """
    if before is None:
        return ()
    return (
        *_changes(PLATFORM, _platform(before), _platform(after)),
        *_each("pool", _named(before.pools), _named(after.pools), _pool, lambda one: one.why),
        *_each("tenant", _named(before.tenants), _named(after.tenants), _tenant),
        *_each("queue", _named(before.queues.queues), _named(after.queues.queues), _quota),
        *_each("layer", _running(before), _running(after), _layer, lambda one: one.why),
    )


def _named(many: Sequence[T]) -> dict[str, T]:
    return {one.name: one for one in many}  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownVariableType]


def _running(plan: PlatformPlan) -> dict[str, LayerPlan]:
    return {one.name: one for one in plan.layers if one.enabled}


def _each(
    noun: str,
    before: Mapping[str, T],
    after: Mapping[str, T],
    facts: Callable[[T], Facts],
    why: Callable[[T], str] = lambda _: "",
) -> Iterator[Decision]:
    for name, one in after.items():
        if name not in before:
            yield Decision(f"{noun} {name}", f"new{_because(why(one))}")
            continue
        first = True
        for change in _changes(f"{noun} {name}", facts(before[name]), facts(one)):
            reason = why(one) if first and why(one) != why(before[name]) else ""
            yield Decision(change.subject, change.what + _because(reason))
            first = False
    for name in before:
        if name not in after:
            yield Decision(f"{noun} {name}", "gone")


def _because(reason: str) -> str:
    return f": {reason}" if reason else ""


def _changes(subject: str, old: Facts, new: Facts) -> Iterator[Decision]:
    for name in (*new, *(one for one in old if one not in new)):
        was, now = old.get(name, NOTHING), new.get(name, NOTHING)
        if was != now:
            yield Decision(subject, f"{name} {was} -> {now}")


def _platform(plan: PlatformPlan) -> Facts:
    region = getattr(plan.site, "region", "")
    return {
        "name": plan.name,
        "environment": plan.environment,
        "target": plan.target,
        "Kubernetes": plan.kubernetes,
        **({"region": region} if isinstance(region, str) and region else {}),
    }


def _pool(pool: PoolPlan) -> Facts:
    asked = f"{pool.asked_as}:{pool.offered or pool.count}" if pool.accelerator else "plain nodes"
    found = {
        "machine": pool.machine,
        "accelerators": asked,
        "nodes": f"{pool.min_nodes} to {pool.max_nodes}",
        "capacity": ", then ".join(rung.capacity for rung in pool.rungs),
        "zones": ", ".join(pool.zones) or NOTHING,
        "placement": pool.placement,
        "generation": str(pool.generation),
        "sharing": pool.sharing.kind,
        "topology": pool.topology or NOTHING,
    }
    if pool.node is not None:
        found |= {"image": pool.node.image, "fabric": pool.node.fabric}
    return found


def _tenant(tenant: TenantPlan) -> Facts:
    return {
        "namespace": tenant.namespace,
        "groups": ", ".join(tenant.groups) or NOTHING,
        "pod security": tenant.pod_security,
        "egress": ", ".join(tenant.egress) or NOTHING,
        "host access": ", ".join(tenant.host_access) or NOTHING,
        **{f"limit of {name}": value for name, value in tenant.quota.items()},
    }


def _quota(queue: QueuePlan) -> Facts:
    amounts = {
        f"{resource} of {quota.flavor}": amount
        for quota in queue.quotas
        for resource, amount in quota.nominal.items()
    }
    borrows = "yes" if queue.borrow else "no"
    return {**amounts, "borrows": borrows, "preemption": queue.preemption, "weight": str(queue.weight)}


def _layer(layer: LayerPlan) -> Facts:
    return {"mode": layer.mode or NOTHING, "charts": ", ".join(layer.charts) or NOTHING}
