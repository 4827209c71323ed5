"""The tenants of the plan for the reader: who they are, what they may do, and where it is written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from fairlead.plan.budget_limits import lines
from fairlead.plan.model import PeoplePlan, PlatformPlan, TenantPlan
from fairlead.plan.queue_model import QueuePlan, QueuesPlan
from fairlead.plan.show_queues import borrows, lends
from fairlead.spec.table import table

NONE = "-"
SECTION = (
    *("tenant", "namespace", "owner", "groups", "borrows", "lends", "weight", "preemption", "pods"),
    *("host access", "storage", "volumes", "egress"),
)
LISTED = (
    "tenant",
    "owner",
    "namespace",
    "quota",
    "usd/month",
    "queues",
    "members",
    "admins",
    "viewers",
    "written in",
)


def section(plan: PlatformPlan) -> list[str]:
    """The table of the plan, and below it what few tenants have."""
    queues = {queue.namespace: queue for queue in plan.queues.queues}
    rows = (_row(tenant, queues[tenant.namespace]) for tenant in plan.tenants)
    limits = {queue.name: queue.budget for queue in plan.queues.queues if queue.budget}
    beside = [*(line for one in plan.tenants for line in _beside(one)), *lines(limits)]
    return ["Tenants", *table(SECTION, rows), *(f"  {line}" for line in beside)]


def _row(tenant: TenantPlan, queue: QueuePlan) -> tuple[str, ...]:
    return (
        tenant.name,
        tenant.namespace,
        tenant.owner or NONE,
        ", ".join(tenant.groups) or NONE,
        borrows(queue),
        lends(queue),
        str(queue.weight),
        queue.preemption,
        tenant.pod_security,
        ", ".join(tenant.host_access) or NONE,
        tenant.quota["requests.storage"],
        tenant.quota["persistentvolumeclaims"],
        ", ".join(tenant.egress) or NONE,
    )


def _beside(tenant: TenantPlan) -> Iterator[str]:
    if tenant.cost_center:
        yield f"{tenant.name}: charged to {tenant.cost_center}"
    people = (
        ("members", PeoplePlan((), tenant.members)),
        ("admins", tenant.admins),
        ("viewers", tenant.viewers),
    )
    for role, found in people:
        if named := _people(found):
            yield f"{tenant.name}: {role} {named}"


def _people(people: PeoplePlan) -> str:
    return ", ".join((*(f"group {one}" for one in people.groups), *people.members))


def to_dict(plan: PlatformPlan, origins: Mapping[str, str]) -> list[dict[str, Any]]:
    """Every tenant for programs. origins: path in the spec -> file and line, as the merged configuration has them."""
    queues = {queue.namespace: queue for queue in plan.queues.queues}
    return [
        {
            "tenant": one.name,
            "owner": one.owner or None,
            "cost_center": one.cost_center or None,
            "namespace": one.namespace,
            "quota": promised(queues[one.namespace], plan.queues),
            "budget": _budget(one, queues[one.namespace]),
            "queues": list(plan.queues.stages),
            "members": _plain(PeoplePlan(one.groups, one.members)),
            "admins": _plain(one.admins),
            "viewers": _plain(one.viewers),
            "written": _file(origins, number),
        }
        for number, one in enumerate(plan.tenants)
    ]


def to_text(plan: PlatformPlan, origins: Mapping[str, str]) -> str:
    """Every tenant for people."""
    rows = [
        (
            str(one["tenant"]),
            one["owner"] or NONE,
            str(one["namespace"]),
            ", ".join(f"{name} {amount}" for name, amount in one["quota"].items()) or NONE,
            _sum(one["budget"]),
            ", ".join(one["queues"]),
            *(_listed(one[role]) for role in ("members", "admins", "viewers")),
            str(one["written"]),
        )
        for one in to_dict(plan, origins)
    ]
    return "\n".join(line.rstrip() for line in table(LISTED, rows, indent="")) + "\n"


def _budget(tenant: TenantPlan, queue: QueuePlan) -> dict[str, Any] | None:
    return {"month": tenant.budget, "limit": queue.budget is not None} if tenant.budget else None


def _sum(budget: Mapping[str, Any] | None) -> str:
    return f"{budget['month']:,.0f}{', a limit' if budget['limit'] else ''}" if budget else NONE


def _plain(people: PeoplePlan) -> dict[str, list[str]]:
    return {"groups": list(people.groups), "members": list(people.members)}


def _listed(people: Mapping[str, list[str]]) -> str:
    return _people(PeoplePlan(tuple(people["groups"]), tuple(people["members"]))) or NONE


def promised(queue: QueuePlan, queues: QueuesPlan) -> dict[str, int]:
    """Accelerators that a tenant is guaranteed, as jobs ask for them, over all ways in which they are bought."""
    own = {one.flavor: one.nominal for one in queue.quotas}
    found: dict[str, int] = {}
    for flavor in queues.flavors:
        for resource, amount in own[flavor.name].items():
            if flavor.accelerator and "/" in resource and amount != "0":
                found[flavor.accelerator] = found.get(flavor.accelerator, 0) + int(amount)
    return found


def _file(origins: Mapping[str, str], number: int) -> str:
    """The files that say something of a tenant, without lines: its own alone, or those of the layers."""
    path = f"platform.tenants[{number}]"
    said = [
        origin
        for where, origin in origins.items()
        if where == path or where.startswith((f"{path}.", f"{path}["))
    ]
    return ", ".join(dict.fromkeys(origin.rpartition(":")[0] or origin for origin in said))
