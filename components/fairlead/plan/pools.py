"""One pool of the spec, decided: machine, image, ladder, labels, taints, sizes."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from fairlead import labels
from fairlead.catalog.model import Catalog, MachineRow, NodeImageRow, TargetRow
from fairlead.catalog.prices import PriceRow, ReservedRow
from fairlead.errors import InputError
from fairlead.plan import sharing
from fairlead.plan.fabric_model import RdmaPlan
from fairlead.plan.machines import Choice, choose
from fairlead.plan.model import PoolPlan, Rung, Taint, Toleration
from fairlead.plan.node_model import NodePlan
from fairlead.plan.provisioning import provisioned, reservation_kind
from fairlead.spec.pool import Pool
from fairlead.spec.target import CloudTarget
from fairlead.spec.targets import AnyTarget
from fairlead.values import seconds

NO_SCHEDULE = "NoSchedule"


def region_of(target: AnyTarget) -> str | None:
    """Region of a cloud's target; None where there are no regions."""
    return target.region if isinstance(target, CloudTarget) else None


def kubernetes_of(target: AnyTarget, row: TargetRow) -> str:
    """The Kubernetes version of the platform: the one asked for, else the one of the target's row."""
    asked = target.version if isinstance(target, CloudTarget) else None
    return row.kubernetes if asked is None or row.kubernetes.startswith(f"{asked}.") else f"{asked}.0"


def slice_nodes(topology: str | None, machine: MachineRow) -> int:
    """Nodes of one TPU slice: the chips of its shape over the chips of a machine; 1 for everything else."""
    if topology is None or not machine.chips:
        return 1
    return max(1, prod(int(edge) for edge in topology.split("x")) // machine.chips)


def image_of(pool: Pool, machine: MachineRow, catalog: Catalog) -> NodeImageRow | None:
    """The node image family of a pool: the one asked for, else the machine's usual one."""
    name = pool.image or next(iter(machine.node_images), None)
    return catalog.node_images[machine.target].get(name) if name else None


def pool_plan(pool: Pool, target: AnyTarget, row: TargetRow, catalog: Catalog) -> PoolPlan:
    """The plan of one pool that the checks have passed. Raises InputError for one that has no machine."""
    choice = choose(pool, f"pool {pool.name}", row.name, catalog, region_of(target))
    if not isinstance(choice, Choice):
        raise InputError(f"pool {pool.name}", choice)
    machine, accelerator = choice.machine, choice.accelerator
    resource = accelerator.resource if accelerator else None
    shared = sharing.plan_of(pool.sharing)
    asked_as = sharing.named(accelerator.name, shared.share) if accelerator else None
    image = image_of(pool, machine, catalog)
    told = image is not None and image.device_plugin != "cloud"
    plugin = sharing.plugin_labels(shared) if told else dict[str, str]()
    rungs = tuple(
        Rung(
            word,
            {**_labels(pool, word, asked_as, machine), **plugin},
            tuple(_by_the_target(pool, word, target, catalog)),
        )
        for word in pool.capacity
    )
    return PoolPlan(
        name=pool.name,
        machine=machine.name,
        accelerator=accelerator.name if accelerator else None,
        resource=resource,
        count=machine.count,
        capacity=pool.capacity[0],
        min_nodes=pool.min,
        max_nodes=pool.max,
        generation=pool.generation,
        cpu=machine.cpu,
        memory=machine.memory,
        simulated=machine.simulated,
        labels=rungs[0].labels,
        taints=(
            *([Taint(resource, labels.TAINT_VALUE, NO_SCHEDULE)] if resource else []),
            *sharing.taints(shared),
        ),
        tolerations=(
            *([Toleration(resource, "Exists", NO_SCHEDULE)] if resource else []),
            *(
                Toleration(taint.key, "Equal", taint.effect, taint.value)
                for taint in (
                    *sharing.taints(shared),
                    *dict.fromkeys(taint for rung in rungs for taint in rung.taints),
                )
            ),
        ),
        why=choice.why,
        rungs=rungs,
        zones=_zones(pool, target),
        placement=pool.placement,
        topology=pool.topology,
        slice_nodes=slice_nodes(pool.topology, machine),
        reservation=pool.reservation,
        disk_gib=pool.disk_gib,
        local_disks=pool.local_disks,
        image_streaming=pool.image_streaming,
        image_cache=pool.image_cache,
        max_seconds=seconds(pool.max_duration) if pool.max_duration else None,
        sharing=shared,
        idle_seconds=seconds(pool.idle_after),
        warm=pool.warm,
        repair=pool.repair,
        max_unavailable=pool.disruption.max_unavailable,
        drain_minutes=pool.disruption.drain_minutes,
        node=_node(pool, machine, catalog, target),
        rdma=_rdma(pool),
        paid={str(word): usd for word, usd in pool.prices.items()},
    )


def _by_the_target(pool: Pool, capacity: str, target: AnyTarget, catalog: Catalog) -> Iterator[Taint]:
    """Taints that the target itself puts on the pool's nodes of a capacity."""
    queued = pool.name in provisioned(target)
    for one in catalog.taints.values():
        if (one.target, one.capacity) == (target.kind, capacity) and (queued or not one.queued):
            yield Taint(one.key, one.value, one.effect)


def _rdma(pool: Pool) -> RdmaPlan | None:
    told = pool.rdma
    return (
        RdmaPlan(dict(told.resources), told.networks) if told and (told.resources or told.networks) else None
    )


def _labels(pool: Pool, capacity: str, asked_as: str | None, machine: MachineRow) -> dict[str, str]:
    found = {
        labels.POOL: pool.name,
        labels.ACCELERATOR: sharing.node_value(asked_as),
        labels.CAPACITY: capacity,
    }
    if len(pool.capacity) > 1:
        found[labels.LADDER] = ".".join(pool.capacity)
    if machine.simulated:
        found[labels.SIMULATED] = "true"
    return found


def _zones(pool: Pool, target: AnyTarget) -> tuple[str, ...]:
    if not isinstance(target, CloudTarget):
        return ()
    zones = pool.zones or target.zones
    return zones[:1] if pool.placement == "compact" or pool.topology else zones


def _node(pool: Pool, machine: MachineRow, catalog: Catalog, target: AnyTarget) -> NodePlan | None:
    image = image_of(pool, machine, catalog)
    if image is None or machine.vcpus is None or machine.memory_mib is None:
        return None
    price = _price(machine, catalog, region_of(target))
    kind = reservation_kind(pool, target)
    fast = pool.fabric != "off"
    disks = machine.local_disks if pool.local_disks != "off" else 0
    return NodePlan(
        vcpus=machine.vcpus,
        memory_mib=machine.memory_mib,
        arch=machine.arch,
        image=image.name,
        image_spelling=image.spelling,
        driver=image.driver if machine.accelerator else "none",
        device_plugin=image.device_plugin if machine.accelerator else "none",
        toolkit=image.toolkit if machine.accelerator else "none",
        fabric=machine.fabric if fast else "none",
        fabric_cards=machine.fabric_cards if fast else 0,
        local_disks=disks,
        local_disk_gib=machine.local_disk_gib if disks else 0,
        price=price.on_demand if price else None,
        price_date=price.date if price and price.on_demand is not None else "",
        spot_price=price.spot if price else None,
        spot_date=price.spot_day if price and price.spot is not None else "",
        reserved_as=kind,
        reserved_price=_reserved(price, catalog.reserved.get(target.kind, {}).get(kind)),
    )


def _reserved(price: PriceRow | None, kind: ReservedRow | None) -> float | None:
    """USD an hour out of a reservation; None where it has a price of its own, or a part of a price is not known."""
    if price is None or price.on_demand is None or kind is None or kind.factor is None:
        return None
    return round(price.on_demand * kind.factor, 6)


def _price(machine: MachineRow, catalog: Catalog, region: str | None) -> PriceRow | None:
    return catalog.prices[machine.target].get(region or "", {}).get(machine.name)
