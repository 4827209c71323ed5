"""The queues of the plan for the reader: quota, what is borrowed and lent, how nodes are placed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from fairlead.plan.queue_model import QueuePlan, QueuesPlan
from fairlead.spec.table import table
from fairlead.values import span

NONE = "-"


def quota(queues: QueuesPlan) -> list[str]:
    """The table of guaranteed shares, and the order of the stages."""
    head = ("flavor", "resource", "total", *(queue.name for queue in queues.queues), "shared")
    priorities = ", ".join(f"{priority.name} {priority.value}" for priority in queues.priorities)
    borrowers = "equal parts by weight" if queues.fair else "whoever asks first"
    return [
        f"Quota in cohort {queues.cohort}, by flavor",
        *table(head, _quota_rows(queues)),
        f"  priorities: {priorities}; what is borrowed: {borrowers}",
        f"  a gang gives its place back that is not whole {span(queues.ready.start)} after its admission, "
        f"or {span(queues.ready.recovery)} after it lost a pod",
    ]


def placing(queues: QueuesPlan) -> list[str]:
    """Which flavors are placed by which labels, and what the words of jobs mean."""
    levels = {tree.name: ", ".join(tree.levels) for tree in queues.topologies}
    requests = {one.flavor: one.class_name for one in queues.provisioning}
    rows = [
        (
            flavor.name,
            levels.get(flavor.topology, "not by topology"),
            requests.get(flavor.name, NONE),
        )
        for flavor in queues.flavors
    ]
    return [
        "Placing of gangs, by flavor",
        *table(("flavor", "node labels, widest first", "asked for as a whole by"), rows),
        *(f"  topology of jobs on {', '.join(names)}: {words}" for words, names in _words(queues).items()),
    ]


def _words(queues: QueuesPlan) -> Mapping[str, list[str]]:
    """What the words of jobs mean -> the accelerators for which they mean it."""
    said: dict[str, list[str]] = {}
    for one in queues.nearness:
        means = (
            f"{one.word} {'within one' if one.required else 'preferably within one'} {one.level or 'node'}"
        )
        said.setdefault(one.accelerator, []).append(means)
    found: dict[str, list[str]] = {}
    for name, means in said.items():
        found.setdefault("; ".join(means), []).append(name)
    return found


def borrows(queue: QueuePlan) -> str:
    """How much a tenant may borrow: no, yes, or its limits."""
    if not queue.borrow:
        return "no"
    return _limits({one.flavor: one.borrow for one in queue.quotas}) or "yes"


def lends(queue: QueuePlan) -> str:
    """How much of its own a tenant lends: all, or its limits."""
    return _limits({one.flavor: one.lend for one in queue.quotas}) or "all"


def _limits(bounds: Mapping[str, Mapping[str, str]]) -> str:
    """Accelerators only: cores and memory go along with them."""
    return ", ".join(
        f"{flavor} {amount}"
        for flavor, amounts in bounds.items()
        for resource, amount in amounts.items()
        if "/" in resource
    )


def _quota_rows(queues: QueuesPlan) -> Iterator[tuple[str, ...]]:
    shared = {one.flavor: one.nominal for one in queues.shared}
    nominal: list[Mapping[str, Mapping[str, str]]] = [
        {one.flavor: one.nominal for one in queue.quotas} for queue in queues.queues
    ]
    for flavor in queues.flavors:
        for resource in queues.resources:
            if flavor.totals[resource] != "0":
                shares = (quotas[flavor.name][resource] for quotas in nominal)
                yield flavor.name, resource, flavor.totals[resource], *shares, shared[flavor.name][resource]
