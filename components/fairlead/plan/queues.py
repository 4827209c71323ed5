"""Flavors and quotas: who is guaranteed what of which capacity, to the last core.

All arithmetic is in whole units (thousandths of a core, bytes, accelerators), so that the
tenants' shares and what is left for all add up to the total exactly.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from fairlead import labels
from fairlead.catalog.model import TargetRow
from fairlead.plan import limits, topology
from fairlead.plan.model import PoolPlan, Taint
from fairlead.plan.policy import CAPACITY_ORDER, PRIORITY_STEPS
from fairlead.plan.provisioning import provisioning
from fairlead.plan.queue_model import (
    FlavorPlan,
    FlavorQuota,
    NearnessPlan,
    PriorityPlan,
    QueuePlan,
    QueuesPlan,
    ReadyPlan,
)
from fairlead.plan.sharing import node_value, object_name
from fairlead.spec.layer import QueueLayer
from fairlead.values import cpu_text, memory_text, quantity, seconds

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
    borrow_limits: Mapping[str, int] = field(default_factory=dict[str, int])
    """Most of an accelerator beyond its own; one that is not named: no limit."""
    lend_limits: Mapping[str, int] = field(default_factory=dict[str, int])
    """Most of its own of an accelerator that others may use; one that is not named: all."""
    weight: int = 1


@dataclass(frozen=True)
class Ground:
    """What the pools stand on: how their nodes are placed, and how they come."""

    row: TargetRow
    placing: topology.Placing
    provisioned: Sequence[str] = ()
    """Pools that grow by request."""

    @property
    def base(self) -> topology.Tree:
        """The tree of labels that every node of the target carries."""
        return topology.Tree("", self.row.topology_levels)


@dataclass
class Flavor:
    """One kind of capacity while it is being shared out."""

    accelerator: str | None
    """As jobs ask for it: H100, or a share, H100/1g.10gb."""
    ladder: Sequence[str]
    """Capacities, best first."""
    resource: str | None
    taints: tuple[Taint, ...]
    pools: list[PoolPlan] = field(default_factory=list[PoolPlan])
    total: Amounts = field(default_factory=dict[str, int])
    open_ended: bool = False
    """True where only running nodes know the cores and memory: then it has what is promised of it."""
    given: dict[str, Amounts] = field(default_factory=dict[str, Amounts])
    """Tenant -> its share."""
    tree: topology.Tree | None = None
    """Where its nodes stand; None where its work is not placed by topology."""

    @property
    def name(self) -> str:
        """For example h100-on-demand, cpu-on-demand-unplaced, h100-reserved-spot, h100-1g-10gb-on-demand."""
        what = object_name(self.accelerator or CPU)
        return topology.flavor_name(f"{what}-{'-'.join(self.ladder)}", self.tree)

    def left(self, resource: str) -> int:
        """What nobody has been given yet."""
        return self.total.get(resource, 0) - sum(share.get(resource, 0) for share in self.given.values())

    def give(self, tenant: str, resource: str, amount: int) -> None:
        """Adds to a tenant's share."""
        share = self.given.setdefault(tenant, {})
        share[resource] = share.get(resource, 0) + amount


def share_out(
    name: str, pools: Sequence[PoolPlan], claims: Sequence[Claim], ground: Ground, asked: QueueLayer
) -> QueuesPlan:
    """The queues of a platform. The claims must fit: `plan.check` has made sure of it."""
    flavors = _flavors(pools, ground)
    for claim in claims:
        _give_accelerators(claim, flavors)
        _give_plain(claim, flavors)
    _close(flavors)
    resources = (CPU, MEMORY, *sorted({flavor.resource for flavor in flavors if flavor.resource}))
    return QueuesPlan(
        cohort=name,
        levels=ground.row.topology_levels,
        topologies=topology.topologies(name, (one.tree for one in flavors if one.tree)),
        nearness=_nearness(flavors),
        resources=resources,
        flavors=tuple(_flavor_plan(name, flavor, resources) for flavor in flavors),
        provisioning=tuple(
            request
            for flavor in flavors
            if (request := provisioning(flavor.name, flavor.pools, ground.provisioned, ground.row))
        ),
        shared=tuple(
            FlavorQuota(flavor.name, _texts(resources, {r: flavor.left(r) for r in resources}))
            for flavor in flavors
        ),
        queues=tuple(_queue(claim, flavors, resources) for claim in claims),
        fair=asked.fair_sharing,
        ready=_ready(asked),
        stages=labels.STAGES,
        priorities=_priorities(asked),
    )


def _priorities(asked: QueueLayer) -> tuple[PriorityPlan, ...]:
    """Stages of one rank have one value, so that none of them evicts another."""
    return tuple(
        PriorityPlan(stage, value)
        for rank, value in zip(asked.priorities, PRIORITY_STEPS, strict=False)
        for stage in rank
    )


def _ready(asked: QueueLayer) -> ReadyPlan:
    waits = asked.wait_for_pods_ready
    return ReadyPlan(seconds(waits.timeout), seconds(waits.recovery_timeout))


def milli(text: str) -> int:
    """A quantity of cores in whole thousandths, rounded down."""
    return int(quantity(text) * 1000)


def size(text: str) -> int:
    """A quantity of memory in whole bytes, rounded down."""
    return int(quantity(text))


def _nearness(flavors: Sequence[Flavor]) -> tuple[NearnessPlan, ...]:
    """What jobs may say about nearness, accelerator by accelerator."""
    trees: dict[str, list[topology.Tree]] = {}
    for one in flavors:
        if one.accelerator and one.tree:
            trees.setdefault(one.accelerator, []).append(one.tree)
    return tuple(word for name, found in trees.items() for word in topology.nearness(name, found))


def _flavors(pools: Iterable[PoolPlan], ground: Ground) -> list[Flavor]:
    """One flavor per accelerator and ladder; plain ones first, so that plain jobs go there first."""
    found: dict[tuple[str | None, tuple[str, ...]], Flavor] = {}
    for pool in pools:
        ladder = tuple(rung.capacity for rung in pool.rungs)
        key = (pool.asked_as, ladder)
        flavor = found.setdefault(key, Flavor(pool.asked_as, ladder, pool.resource, pool.taints))
        flavor.pools.append(pool)
        if pool.cpu is None or pool.memory is None:
            flavor.open_ended = True
        else:
            _add(flavor.total, CPU, pool.max_nodes * milli(pool.cpu))
            _add(flavor.total, MEMORY, pool.max_nodes * size(pool.memory))
        if pool.resource:
            _add(flavor.total, pool.resource, pool.max_nodes * pool.counted)
    for flavor in found.values():
        flavor.tree = ground.placing.of(flavor.pools, ground.base)
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


def _flavor_plan(platform: str, flavor: Flavor, resources: Sequence[str]) -> FlavorPlan:
    node_labels = {labels.ACCELERATOR: node_value(flavor.accelerator)}
    if len(flavor.ladder) > 1:
        node_labels[labels.LADDER] = ".".join(flavor.ladder)
    else:
        node_labels[labels.CAPACITY] = flavor.ladder[0]
    totals = _texts(resources, flavor.total)
    name = topology.name_of(platform, flavor.tree) if flavor.tree else ""
    return FlavorPlan(flavor.name, flavor.accelerator, node_labels, flavor.taints, totals, name)


def _queue(claim: Claim, flavors: Sequence[Flavor], resources: Sequence[str]) -> QueuePlan:
    borrow, lend = _borrowed(claim, flavors), _lent(claim, flavors)
    quotas = tuple(
        FlavorQuota(
            flavor.name,
            _texts(resources, flavor.given.get(claim.tenant, {})),
            _named(borrow.get(flavor.name, {})),
            _named(lend.get(flavor.name, {})),
        )
        for flavor in flavors
    )
    return QueuePlan(claim.tenant, claim.tenant, claim.borrow, claim.preemption, quotas, claim.weight)


def _borrowed(claim: Claim, flavors: Sequence[Flavor]) -> dict[str, Amounts]:
    """Flavor -> most that the tenant may borrow of it, where it has a limit."""
    found: dict[str, Amounts] = {}
    for accelerator, limit in claim.borrow_limits.items():
        mine = [(one, one.resource) for one in flavors if one.accelerator == accelerator and one.resource]
        room = [one.total[name] - one.given.get(claim.tenant, {}).get(name, 0) for one, name in mine]
        for (flavor, name), part in zip(mine, limits.borrowing(limit, room), strict=True):
            found[flavor.name] = {name: part}
    return found


def _lent(claim: Claim, flavors: Sequence[Flavor]) -> dict[str, Amounts]:
    """Flavor -> most that the tenant lends of it, where it has a limit; cores and memory go along."""
    found: dict[str, Amounts] = {}
    for accelerator, limit in claim.lend_limits.items():
        mine = [(one, one.resource) for one in flavors if one.accelerator == accelerator and one.resource]
        shares = [one.given.get(claim.tenant, {}) for one, _ in mine]
        parts = limits.lending(
            limit, [share.get(name, 0) for share, (_, name) in zip(shares, mine, strict=True)]
        )
        for (flavor, name), share, part in zip(mine, shares, parts, strict=True):
            found[flavor.name] = {**limits.in_proportion(share, name, part, (CPU, MEMORY)), name: part}
    return found


def _named(amounts: Amounts) -> dict[str, str]:
    return {resource: _text(resource, amount) for resource, amount in amounts.items()}


def _texts(resources: Sequence[str], amounts: Mapping[str, int]) -> dict[str, str]:
    """Every covered resource as a Kubernetes quantity, 0 where there is none: Kueue wants them all."""
    return {resource: _text(resource, amounts.get(resource, 0)) for resource in resources}


def _text(resource: str, amount: int) -> str:
    if resource == CPU:
        return cpu_text(quantity(f"{amount}m"))
    return memory_text(quantity(str(amount))) if resource == MEMORY else str(amount)
