"""Flavors and quotas: who is guaranteed what of which capacity, to the last core.

All arithmetic is in whole units (thousandths of a core, bytes, accelerators), so that the
tenants' shares and what is left for all add up to the total exactly.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from fairlead import labels
from fairlead.plan.model import FlavorPlan, FlavorQuota, PoolPlan, PriorityPlan, QueuePlan, QueuesPlan, Taint
from fairlead.plan.policy import CAPACITY_ORDER, PRIORITIES
from fairlead.values import cpu_text, memory_text, quantity

MEBI = 1024 * 1024
CPU, MEMORY = "cpu", "memory"
Amounts = dict[str, int]
"""Resource -> thousandths of a core, bytes, or accelerators."""


@dataclass(frozen=True)
class Claim:
    """What one tenant is guaranteed, in the catalogue's names."""

    tenant: str
    borrow: bool
    preemption: str
    accelerators: Mapping[str, int]
    cpu: int
    """Thousandths of a core on plain nodes."""
    memory: int
    """Bytes on plain nodes."""


@dataclass
class Flavor:
    """One kind of capacity while it is being shared out."""

    accelerator: str | None
    ladder: Sequence[str]
    """Capacities, best first."""
    resource: str | None
    taints: tuple[Taint, ...]
    total: Amounts = field(default_factory=dict[str, int])
    open_ended: bool = False
    """True where only running nodes know the cores and memory: then it has what is promised of it."""
    given: dict[str, Amounts] = field(default_factory=dict[str, Amounts])
    """Tenant -> its share."""

    @property
    def name(self) -> str:
        """For example h100-on-demand, cpu-on-demand, h100-reserved-spot."""
        return f"{(self.accelerator or CPU).lower().replace('.', '-')}-{'-'.join(self.ladder)}"

    def left(self, resource: str) -> int:
        """What nobody has been given yet."""
        return self.total.get(resource, 0) - sum(share.get(resource, 0) for share in self.given.values())

    def give(self, tenant: str, resource: str, amount: int) -> None:
        """Adds to a tenant's share."""
        share = self.given.setdefault(tenant, {})
        share[resource] = share.get(resource, 0) + amount


def share_out(
    name: str, pools: Sequence[PoolPlan], claims: Sequence[Claim], levels: tuple[str, ...]
) -> QueuesPlan:
    """The queues of a platform. The claims must fit: `plan.check` has made sure of it."""
    flavors = _flavors(pools)
    for claim in claims:
        _give_accelerators(claim, flavors)
        _give_plain(claim, flavors)
    _close(flavors)
    resources = (CPU, MEMORY, *sorted({flavor.resource for flavor in flavors if flavor.resource}))
    return QueuesPlan(
        cohort=name,
        topology="" if elastic(pools) else name,
        levels=levels,
        resources=resources,
        flavors=tuple(_flavor_plan(flavor, resources) for flavor in flavors),
        shared=tuple(
            FlavorQuota(flavor.name, _texts(resources, {r: flavor.left(r) for r in resources}))
            for flavor in flavors
        ),
        queues=tuple(_queue(claim, flavors, resources) for claim in claims),
        stages=labels.STAGES,
        priorities=tuple(PriorityPlan(stage, PRIORITIES[stage]) for stage in labels.STAGES),
    )


def elastic(pools: Iterable[PoolPlan]) -> list[str]:
    """Names of the pools that grow when work waits.

    With one of them no flavor has a topology. Kueue admits by the nodes that exist, and an autoscaler
    makes nodes for pods, which only admission creates: a pool of no nodes would wait for ever. One
    flavor without a topology switches it off for a whole queue (docs/adr/0010).
    """
    return [pool.name for pool in pools if pool.min_nodes < pool.max_nodes]


def milli(text: str) -> int:
    """A quantity of cores in whole thousandths, rounded down."""
    return int(quantity(text) * 1000)


def size(text: str) -> int:
    """A quantity of memory in whole bytes, rounded down."""
    return int(quantity(text))


def _flavors(pools: Iterable[PoolPlan]) -> list[Flavor]:
    """One flavor per accelerator and ladder; plain ones first, so that plain jobs go there first."""
    found: dict[tuple[str | None, tuple[str, ...]], Flavor] = {}
    for pool in pools:
        ladder = tuple(rung.capacity for rung in pool.rungs)
        key = (pool.accelerator, ladder)
        flavor = found.setdefault(key, Flavor(pool.accelerator, ladder, pool.resource, pool.taints))
        if pool.cpu is None or pool.memory is None:
            flavor.open_ended = True
        else:
            _add(flavor.total, CPU, pool.max_nodes * milli(pool.cpu))
            _add(flavor.total, MEMORY, pool.max_nodes * size(pool.memory))
        if pool.resource:
            _add(flavor.total, pool.resource, pool.max_nodes * pool.count)
    return sorted(found.values(), key=_order)


def _order(flavor: Flavor) -> tuple[bool, str, int]:
    return flavor.accelerator is not None, flavor.accelerator or "", CAPACITY_ORDER.index(flavor.ladder[0])


def _add(amounts: Amounts, resource: str, amount: int) -> None:
    amounts[resource] = amounts.get(resource, 0) + amount


def _give_accelerators(claim: Claim, flavors: Sequence[Flavor]) -> None:
    """Accelerators in the order reserved, on-demand, spot; cores and memory go with them in proportion."""
    for accelerator, wanted in claim.accelerators.items():
        missing = wanted
        for flavor in flavors:
            if flavor.accelerator != accelerator or flavor.resource is None:
                continue
            taken = min(missing, flavor.left(flavor.resource))
            if taken <= 0:
                continue
            missing -= taken
            whole = flavor.total[flavor.resource]
            flavor.give(claim.tenant, flavor.resource, taken)
            flavor.give(claim.tenant, CPU, flavor.total.get(CPU, 0) * taken // whole)
            flavor.give(claim.tenant, MEMORY, flavor.total.get(MEMORY, 0) * taken // whole // MEBI * MEBI)


def _give_plain(claim: Claim, flavors: Sequence[Flavor]) -> None:
    """Cores and memory on plain nodes, first where the size is known, the rest where it is not."""
    plain = sorted((flavor for flavor in flavors if flavor.accelerator is None), key=lambda f: f.open_ended)
    for resource, wanted in ((CPU, claim.cpu), (MEMORY, claim.memory)):
        missing = wanted
        for flavor in plain:
            taken = missing if flavor.open_ended else min(missing, flavor.left(resource))
            missing -= taken
            flavor.give(claim.tenant, resource, taken)


def _close(flavors: Iterable[Flavor]) -> None:
    """A flavor of unknown size has exactly what has been promised of it."""
    for flavor in flavors:
        if flavor.open_ended:
            for resource in (CPU, MEMORY):
                flavor.total[resource] = sum(share.get(resource, 0) for share in flavor.given.values())


def _flavor_plan(flavor: Flavor, resources: Sequence[str]) -> FlavorPlan:
    node_labels = {labels.ACCELERATOR: flavor.accelerator or labels.NO_ACCELERATOR}
    if len(flavor.ladder) > 1:
        node_labels[labels.LADDER] = ".".join(flavor.ladder)
    else:
        node_labels[labels.CAPACITY] = flavor.ladder[0]
    totals = _texts(resources, flavor.total)
    return FlavorPlan(flavor.name, flavor.accelerator, node_labels, flavor.taints, totals)


def _queue(claim: Claim, flavors: Iterable[Flavor], resources: Sequence[str]) -> QueuePlan:
    quotas = tuple(
        FlavorQuota(flavor.name, _texts(resources, flavor.given.get(claim.tenant, {}))) for flavor in flavors
    )
    return QueuePlan(claim.tenant, claim.tenant, claim.borrow, claim.preemption, quotas)


def _texts(resources: Sequence[str], amounts: Mapping[str, int]) -> dict[str, str]:
    """Every covered resource as a Kubernetes quantity, 0 where there is none: Kueue wants them all."""
    return {resource: _text(resource, amounts.get(resource, 0)) for resource in resources}


def _text(resource: str, amount: int) -> str:
    if resource == CPU:
        return cpu_text(quantity(f"{amount}m"))
    return memory_text(quantity(str(amount))) if resource == MEMORY else str(amount)
