"""What only AWS refuses: names of its things, reservations, placement, fabric, Karpenter's limits."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from fairlead.catalog.model import Catalog, MachineRow
from fairlead.errors import Problem
from fairlead.plan.logs import SERVICES
from fairlead.plan.machines import Choice
from fairlead.plan.sites import aws_network, cuts
from fairlead.plan.sites.aws_network import TARGET, nodes_in
from fairlead.spec.aws import AwsTarget
from fairlead.spec.pool import Pool

POOLS = "platform.pools"
PRINCIPAL = re.compile(r"arn:aws:iam::[0-9]{12}:(role|user)/[\w+=,.@/-]{1,512}", re.ASCII)
"""https://docs.aws.amazon.com/eks/latest/userguide/creating-access-entries.html: a role's ARN may have a path;
botocore 1.44.5 (PyPI) eks service model, CreateAccessEntryRequest: no sessions; both 2026-11-23. The length is
that of a path in its iam model; that the root user cannot be named is not confirmed: from general knowledge.
"""
KEY = re.compile(r"arn:aws:kms:(?P<region>[a-z0-9-]+):[0-9]{12}:key/(mrk-)?[0-9a-f-]{32,36}", re.ASCII)
NAMED_SUBJECT = re.compile(r"[^*:]+:[^*:/]+")
"""A subject whose first part after its kind is written out: repo:acme/…, project_path:acme/…"""
RESERVATION = re.compile(r"cr-([0-9a-f]{8}|[0-9a-f]{17})")


def check(
    target: AwsTarget, pools: Mapping[int, Pool], choices: Mapping[int, Choice], catalog: Catalog
) -> Iterator[Problem]:
    """Every problem of the target's own settings and of pools on it."""
    yield from _access(target)
    yield from _settings(target)
    yield from aws_network.check(target, pools, choices)
    for place, pool in pools.items():
        where = f"{POOLS}[{place}]"
        yield from _reservation(target, pool, where)
        if place in choices:
            yield from _machine(target, pool, choices[place].machine, where)
    yield from cuts.all_slices(pools, choices, catalog)
    yield from cuts.not_with_its_own_plugin(pools, choices, catalog)
    yield from _blocks(target, pools)
    yield from _together(pools, choices)


def _access(target: AwsTarget) -> Iterator[Problem]:
    if not target.admins:
        yield Problem(
            f"{TARGET}.admins",
            "nobody could do anything in the cluster: whoever makes it gets no rights by that",
            allowed="ARNs of IAM roles or users",
            fix="add the role with which the platform is deployed",
        )
    named = [(f"{TARGET}.admins[{place}]", arn) for place, arn in enumerate(target.admins)]
    named += [
        (f"{TARGET}.groups.{group}[{place}]", arn)
        for group, members in target.groups.items()
        for place, arn in enumerate(members)
    ]
    for where, arn in named:
        if not PRINCIPAL.fullmatch(arn):
            yield Problem(
                where,
                "is no ARN of an IAM role or user; the root user and sessions of a role cannot be named",
                arn,
                "arn:aws:iam::<account>:role/<name> or arn:aws:iam::<account>:user/<name>",
            )
    for group in target.groups:
        if group.startswith("system:"):
            what = "groups that begin with system: belong to Kubernetes itself"
            yield Problem(f"{TARGET}.groups.{group}", what, group, fix="name the group of a tenant")
    for place, arn in enumerate(target.admins):
        if arn in target.admins[:place]:
            yield Problem(f"{TARGET}.admins[{place}]", "is named twice", arn, fix="remove it")


def _settings(target: AwsTarget) -> Iterator[Problem]:
    key = KEY.fullmatch(target.key) if target.key else None
    if target.key and key is None:
        shape = "arn:aws:kms:<region>:<account>:key/<id>"
        yield Problem(f"{TARGET}.key", "is no ARN of a key; an alias cannot stand for it", target.key, shape)
    elif key is not None and key["region"] != target.region:
        what = "the key is in another region than the cluster"
        yield Problem(f"{TARGET}.key", what, key["region"], target.region, "name a key of the region")
    yield from SERVICES["aws"].check(f"{TARGET}.log_days", target.log_days)
    for place, subject in enumerate(target.ci.subjects if target.ci else ()):
        if not NAMED_SUBJECT.match(subject):
            yield Problem(
                f"{TARGET}.ci.subjects[{place}]",
                "lets strangers deploy: everybody's pipelines have the same issuer",
                subject,
                "a subject that names your organisation, for example repo:acme/platform:*",
            )


def _reservation(target: AwsTarget, pool: Pool, where: str) -> Iterator[Problem]:
    if "reserved" in pool.capacity and pool.reservation is None:
        yield Problem(
            f"{where}.reservation",
            "capacity reserved needs the reservation that was bought",
            allowed="id of an On-Demand Capacity Reservation or a Capacity Block, cr-…",
            fix="add reservation, or choose another capacity",
        )
    if pool.reservation is None:
        return
    if "reserved" not in pool.capacity:
        what = "the reservation would not be used: no step of the pool's capacity is reserved"
        yield Problem(f"{where}.reservation", what, pool.reservation, fix="add reserved to capacity")
    if not RESERVATION.fullmatch(pool.reservation):
        yield Problem(
            f"{where}.reservation", "is no id of a reservation", pool.reservation, "cr-0123456789abcdef0"
        )
    if len(nodes_in(pool, target)) > 1:
        yield Problem(
            f"{where}.zones",
            "a reservation lies in one zone, and the pool's nodes may be in several",
            ", ".join(nodes_in(pool, target)),
            fix="name the one zone of the reservation",
        )
    if pool.placement == "compact":
        yield Problem(
            f"{where}.placement",
            "a reservation was bought in a placement group or without one: a new group cannot be put around it",
            pool.placement,
            "spread",
            "leave placement out; nodes of a Capacity Block stand near each other anyway",
        )
    if pool.reservation in target.capacity_blocks and pool.capacity != ("reserved",):
        yield Problem(
            f"{where}.capacity",
            "a Capacity Block begins and ends at its hours: it is a pool of its own",
            ", ".join(pool.capacity),
            "reserved",
            "give the other steps another pool",
        )


def _machine(target: AwsTarget, pool: Pool, machine: MachineRow, where: str) -> Iterator[Problem]:
    only_blocks = machine.capacities == ("reserved",)
    if only_blocks and pool.reservation and pool.reservation not in target.capacity_blocks:
        yield Problem(
            f"{where}.reservation",
            f"machine {machine.name} is sold in Capacity Blocks only",
            pool.reservation,
            fix="name the reservation in platform.target.capacity_blocks too",
        )
    if pool.fabric == "required" and len(nodes_in(pool, target)) > 1:
        yield Problem(
            f"{where}.zones",
            "the fast network does not leave a zone, and the pool's nodes may be in several",
            ", ".join(nodes_in(pool, target)),
            fix="name one zone, or write placement: compact",
        )
    if pool.fabric == "required" and machine.fabric != "none" and machine.fabric_cards == 0:
        what = f"how the fast network of machine {machine.name} is laid out is not known"
        yield Problem(f"{where}.fabric", what, pool.fabric, "auto, off")


def _blocks(target: AwsTarget, pools: Mapping[int, Pool]) -> Iterator[Problem]:
    used = {pool.reservation for pool in pools.values()}
    for place, block in enumerate(target.capacity_blocks):
        where = f"{TARGET}.capacity_blocks[{place}]"
        if not RESERVATION.fullmatch(block):
            yield Problem(where, "is no id of a reservation", block, "cr-0123456789abcdef0")
        elif block not in used:
            yield Problem(
                where, "no pool has this reservation", block, fix="remove it, or add it to its pool"
            )


def _together(pools: Mapping[int, Pool], choices: Mapping[int, Choice]) -> Iterator[Problem]:
    growing = {place: pool for place, pool in pools.items() if pool.max > pool.min}
    if len({pool.repair for pool in growing.values()}) > 1:
        place = next(place for place, pool in growing.items() if not pool.repair)
        yield Problem(
            f"{POOLS}[{place}].repair",
            "Karpenter repairs the nodes of all pools that grow, or of none",
            "false",
            fix="write the same for every pool whose max is above its min",
        )
    steady = [
        place
        for place, choice in choices.items()
        if choice.machine.accelerator is None and pools[place].min > 0
    ]
    if steady and all(pools[place].capacity[0] == "spot" for place in steady):
        yield Problem(
            f"{POOLS}[{steady[0]}].capacity",
            "the platform's own pods would stand on spot nodes alone, which can all go at once",
            ", ".join(pools[steady[0]].capacity),
            "on-demand or reserved first",
        )
