"""Pools as AWS builds them: nodes that are always there in node groups, the others by Karpenter.

`min` nodes of a pool are one managed node group of exactly that size, bought by the first step of the
pool's ladder. The room above `min` is one NodePool of Karpenter for each step, tried in their order.
Together they are bounded by the queue, which knows the pool's `max`; each alone by its own limit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from fairlead.catalog.faults import Faults
from fairlead.catalog.model import MachineRow
from fairlead.catalog.releases import Releases
from fairlead.plan.model import PoolPlan
from fairlead.plan.node_model import NodePlan
from fairlead.plan.sites import aws_names, aws_repair
from fairlead.plan.sites.aws_model import Interface, NodeGroup, Provisioner, Shape
from fairlead.plan.sites.aws_network import PODS
from fairlead.plan.sites.aws_user_data import user_data
from fairlead.spec.health import Health

EFA = "efa"
PLAIN_DISK, ACCELERATOR_DISK = 100, 200
"""GiB of a node's own disk unless the pool says otherwise: this product's choice."""
HEAVIEST, STEP = 100, 10
"""Weight of the first step of a ladder, and how much less each next one has; Karpenter takes 1 to 100."""
TEMPLATE = "k8s.io/cluster-autoscaler/node-template"
"""https://github.com/kubernetes/autoscaler cluster-autoscaler/cloudprovider/aws/README.md, 2026-11-23"""

Market = Literal["reserved", "on-demand", "spot"]


def node_of(pool: PoolPlan) -> NodePlan:
    """The facts of a pool's nodes: every pool of a cloud has them once the checks have passed."""
    if pool.node is None:
        raise ValueError(f"pool {pool.name}: nothing is known of machine {pool.machine}")
    return pool.node


@dataclass(frozen=True)
class Rows:
    """What the catalogue says of AWS, as far as nodes are concerned."""

    machines: Mapping[str, MachineRow]
    releases: Releases
    faults: Faults


def node_group(platform: str, pool: PoolPlan, blocks: Sequence[str], health: Health, rows: Rows) -> NodeGroup:
    """The nodes of a pool that are always there."""
    first = pool.rungs[0]
    shape = _shape(platform, pool, first.capacity, first.labels, rows)
    release = rows.releases.images.get(shape.os)
    return NodeGroup(
        name=aws_names.node_group(pool.name, pool.generation),
        shape=shape,
        ami_type=node_of(pool).image_spelling,
        release=release.version if release else "",
        market=_market(first.capacity, shape.reservation in blocks),
        nodes=pool.min_nodes,
        max_unavailable=min(pool.max_unavailable, pool.min_nodes),
        repair=pool.repair,
        repair_stop_above=health.stop_above,
        repair_overrides=aws_repair.overrides(health, pool, rows.faults),
        user_data=user_data(shape.os, PODS, stripe=shape.stripe),
        template_tags=template_tags(pool, first.labels),
    )


def provisioners(platform: str, pool: PoolPlan, rows: Rows) -> Iterator[Provisioner]:
    """What may be started above the nodes that are always there, step by step."""
    room = pool.max_nodes - pool.min_nodes
    for place, rung in enumerate(pool.rungs):
        shape = _shape(platform, pool, rung.capacity, rung.labels, rows)
        market = _karpenter_market(rung.capacity)
        yield Provisioner(
            name=aws_names.provisioner(pool.name, pool.generation, market),
            shape=shape,
            alias=rows.releases.aliases[shape.os].version,
            market=market,
            nodes=room,
            cores=room * node_of(pool).vcpus,
            weight=HEAVIEST - STEP * place,
            accelerated=pool.accelerator is not None,
            resource=pool.resource or "",
            idle_seconds=pool.idle_seconds,
            max_unavailable=pool.max_unavailable,
            drain_minutes=pool.drain_minutes,
        )


def interfaces(fabric: str, cards: int, first: int) -> tuple[Interface, ...]:
    """The interfaces of a node with EFA: one with an address, and one for EFA alone on each card that takes it.

    first: number of the first such card.

    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/efa-acc-inst-types.html, 2026-11-23
    """
    if fabric != EFA or cards == 0:
        return ()
    primary = Interface(0, 0, "interface")
    fast = (Interface(card, 0 if card else 1, "efa-only") for card in range(first, first + cards))
    return (primary, *fast)


def template_tags(pool: PoolPlan, labels: Mapping[str, str]) -> dict[str, str]:
    """What an autoscaler must know of nodes that do not run: labels, taints, extended resources."""
    tags = {f"{TEMPLATE}/label/{key}": value for key, value in labels.items()}
    tags |= {f"{TEMPLATE}/taint/{one.key}": f"{one.value}:{one.effect}" for one in pool.taints}
    if pool.resource:
        tags[f"{TEMPLATE}/resources/{pool.resource}"] = str(pool.offered)
    return tags


def _shape(platform: str, pool: PoolPlan, capacity: str, labels: Mapping[str, str], rows: Rows) -> Shape:
    node = node_of(pool)
    compact = pool.placement == "compact"
    return Shape(
        pool=pool.name,
        machine=pool.machine,
        arch=node.arch,
        os="bottlerocket" if node.image.startswith("bottlerocket") else "al2023",
        zones=pool.zones,
        labels=labels,
        taints=pool.taints,
        disk_gib=pool.disk_gib or (ACCELERATOR_DISK if pool.accelerator else PLAIN_DISK),
        stripe=bool(node.local_disks) and pool.local_disks == "ephemeral",
        interfaces=interfaces(node.fabric, node.fabric_cards, rows.machines[pool.machine].fabric_first_card),
        placement=aws_names.placement_group(platform, pool.name, pool.generation) if compact else "",
        reservation=(pool.reservation or "") if capacity == "reserved" else "",
    )


def _market(capacity: str, block: bool) -> Literal["ON_DEMAND", "SPOT", "CAPACITY_BLOCK"]:
    if block:
        return "CAPACITY_BLOCK"
    return "SPOT" if capacity == "spot" else "ON_DEMAND"


def _karpenter_market(capacity: str) -> Market:
    match capacity:
        case "reserved" | "on-demand" | "spot":
            return capacity
        case other:
            raise ValueError(f"{other} is not sold here")
