"""Rules of node auto-provisioning: which machines Karpenter may start, and where."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from reference.azure import facts
from reference.azure.rules_cluster import at
from reference.azure.stack import Stack, wrong
from reference.common import Finding, Resource

_TAINTS = {"nvidia": "nvidia.com/gpu", "amd": "amd.com/gpu"}


def check(stack: Stack) -> Iterator[Finding]:
    """What the rules have against NodePools of Karpenter."""
    classes = {str(at(one["inputs"], "metadata.name")): one for one in stack.objects("AKSNodeClass")}
    clusters = stack.of("containerservice:ManagedCluster")
    provisions = any(at(one["inputs"], "nodeProvisioningProfile.mode") == "Auto" for one in clusters)
    for one in stack.objects("NodePool"):
        if not provisions:
            yield wrong(one, "", "nobody reads it: the cluster does not provision nodes by itself")
        spec = at(one["inputs"], "spec.template.spec") or {}
        node_class = classes.get(str(at(spec, "nodeClassRef.name")))
        if node_class is None:
            yield wrong(one, "spec.template.spec.nodeClassRef", "no such node class is declared")
        yield from _machines(one, spec)
        yield from _places(one, spec, {stack.region(cluster) for cluster in clusters})
        yield from _undisturbed(one, spec, stack)
        if not at(one["inputs"], "spec.limits"):
            yield wrong(one, "spec.limits", "without limits it grows until the quota ends")


def _undisturbed(one: Resource, spec: Mapping[str, Any], stack: Stack) -> Iterator[Finding]:
    """No working node is taken but in the maintenance window that the cluster itself has."""
    if spec.get("expireAfter") != "Never":
        yield wrong(one, "spec.template.spec.expireAfter", "old age takes nodes on which jobs run")
    budgets = at(one["inputs"], "spec.disruption.budgets") or []
    closed = [
        budget for budget in budgets if "Drifted" in budget.get("reasons", ()) and budget["nodes"] == "0"
    ]
    said = {(str(budget.get("schedule")), str(budget.get("duration"))) for budget in closed}
    for window in stack.of("containerservice:MaintenanceConfiguration"):
        if _complement(at(window["inputs"], "maintenanceWindow") or {}) not in said:
            yield wrong(one, "spec.disruption.budgets", f"not closed outside {window['name']}")


def _complement(window: Mapping[str, Any]) -> tuple[str, str]:
    """When a weekly window ends as a cron schedule, and for how long it is closed then."""
    days = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
    begin = datetime.strptime(str(window.get("startTime")), "%H:%M") + timedelta(
        days=days.index(str(at(window, "schedule.weekly.dayOfWeek"))), hours=int(window["durationHours"])
    )
    day = (begin - datetime(1900, 1, 1)).days % 7
    return f"{begin.minute} {begin.hour} * * {day}", f"{7 * 24 - int(window['durationHours'])}h"


def _values(spec: Mapping[str, Any], key: str) -> list[str]:
    return [
        value
        for one in spec.get("requirements") or ()
        if one.get("key") == key and one.get("operator") == "In"
        for value in one.get("values") or ()
    ]


def _machines(one: Resource, spec: Mapping[str, Any]) -> Iterator[Finding]:
    sizes = _values(spec, "node.kubernetes.io/instance-type")
    keys = {taint.get("key") for taint in spec.get("taints") or ()}
    path = "spec.template.spec.requirements"
    if not sizes:
        yield wrong(one, path, "no machine is named")
    for size in sizes:
        known = facts.gpus().get(size.lower())
        if size not in facts.sizes():
            yield wrong(one, path, f"Azure has no machine {size!r}", facts.SIZES)
        elif known is not None and _TAINTS[known.vendor] not in keys:
            yield wrong(one, "spec.template.spec.taints", f"nodes of {known.vendor} GPUs lack their taint")


def _places(one: Resource, spec: Mapping[str, Any], regions: set[str]) -> Iterator[Finding]:
    allowed = {f"{region}-{zone}" for region in regions for zone in facts.zones().get(region, ())}
    for zone in _values(spec, "topology.kubernetes.io/zone"):
        if zone not in allowed:
            yield wrong(one, "spec.template.spec.requirements", f"no zone {zone!r} here", facts.SIZES)
    for capacity in _values(spec, "karpenter.sh/capacity-type"):
        if capacity not in ("on-demand", "spot"):
            yield wrong(one, "spec.template.spec.requirements", f"no capacity {capacity!r}", facts.SIZES)
