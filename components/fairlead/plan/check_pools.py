"""Checks of single pools against their machine and against what the target can do."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from fairlead.catalog.model import Catalog, MachineRow, TargetRow
from fairlead.errors import Problem, one_of
from fairlead.plan.machines import Choice
from fairlead.plan.pools import image_of, kubernetes_of, slice_nodes
from fairlead.plan.sharing import asked_as
from fairlead.spec.pool import Pool
from fairlead.spec.target import CloudTarget
from fairlead.spec.targets import AnyTarget

Asked = Callable[[Pool], str]
IDLE_AFTER: str = Pool.model_fields["idle_after"].default
"""What a pool has that says nothing of it."""

NEEDS: Mapping[str, tuple[str, Asked]] = {
    "zones": ("zones", lambda pool: ", ".join(pool.zones)),
    "placement": ("placement", lambda pool: pool.placement if pool.placement == "compact" else ""),
    "fabric": ("fabric", lambda pool: pool.fabric if pool.fabric == "required" else ""),
    "topology": ("slices", lambda pool: pool.topology or ""),
    "image_streaming": ("image-streaming", lambda pool: "true" if pool.image_streaming else ""),
    "image_cache": ("image-cache", lambda pool: ", ".join(pool.image_cache)),
    "local_disks": ("local-disks", lambda pool: pool.local_disks if pool.local_disks == "raw" else ""),
    "reservation": ("reservations", lambda pool: pool.reservation or ""),
    "max_duration": ("flex-start", lambda pool: pool.max_duration or ""),
}
"""Field of a pool -> the capability that it needs, and what was asked for; empty where nothing was."""


def single(
    pool: Pool, where: str, target: AnyTarget, row: TargetRow, choice: Choice | None, catalog: Catalog
) -> Iterator[Problem]:
    """Every problem of one pool; choice: its machine, where it has one."""
    lacking = list(_capabilities(pool, where, row, catalog))
    said = {problem.where for problem in lacking}
    yield from lacking
    # What the target cannot do at all needs no second reason from the machine.
    yield from (one for one in _others(pool, where, target, row, choice, catalog) if one.where not in said)


def _others(
    pool: Pool, where: str, target: AnyTarget, row: TargetRow, choice: Choice | None, catalog: Catalog
) -> Iterator[Problem]:
    yield from _ladder(pool, where)
    yield from _prices(pool, where)
    yield from _warm(pool, where)
    yield from _idle(pool, where)
    if isinstance(target, CloudTarget):
        yield from _zones(pool, where, target)
    if choice is not None:
        machine = choice.machine
        yield from _slices(pool, where, machine)
        yield from _fabric(pool, where, machine)
        yield from _image(pool, where, machine, catalog)
        yield from _version(where, machine, kubernetes_of(target, row))
        if isinstance(target, CloudTarget):
            yield from _size(where, machine)


def _capabilities(pool: Pool, where: str, row: TargetRow, catalog: Catalog) -> Iterator[Problem]:
    known = catalog.capabilities[row.name]
    for field, (name, asked) in NEEDS.items():
        given = asked(pool)
        if given and known[name].status == "unsupported":
            what = f"target {row.name} cannot do this: {known[name].reason}"
            yield Problem(f"{where}.{field}", what, given, fix=f"leave {field} out")


def _ladder(pool: Pool, where: str) -> Iterator[Problem]:
    if len(pool.capacity) > 1 and pool.min == pool.max:
        yield Problem(
            f"{where}.capacity",
            "a ladder needs room to grow, but min and max are the same",
            given=", ".join(pool.capacity),
            fix="raise max, or choose one capacity",
        )


def _prices(pool: Pool, where: str) -> Iterator[Problem]:
    for word, usd in pool.prices.items():
        if word not in pool.capacity:
            yield Problem(
                f"{where}.prices.{word}",
                "the pool buys no node this way",
                f"{usd:g}",
                one_of(pool.capacity, word),
                f"remove it, or add {word} to capacity",
            )


def _warm(pool: Pool, where: str) -> Iterator[Problem]:
    """Placeholders hold whole nodes of a pool that grows, and never push it past its maximum."""
    if not pool.warm:
        return
    given, field = str(pool.warm), f"{where}.warm"
    if pool.min == pool.max:
        what = "a pool whose min and max are the same has no node that could come"
        yield Problem(field, what, given, "0", "raise max, or leave warm out")
    elif pool.warm > pool.max:
        yield Problem(field, "more nodes than there may be", given, f"at most {pool.max}")
    if len(pool.capacity) > 1:
        what = "nothing bounds the steps of a ladder together but the queue, which placeholders do not pass"
        yield Problem(
            field, what, given, "0", "leave warm out, or make a pool of one capacity with a part of max"
        )


def _idle(pool: Pool, where: str) -> Iterator[Problem]:
    if pool.min == pool.max and pool.idle_after != IDLE_AFTER:
        yield Problem(
            f"{where}.idle_after",
            "no node of a pool whose min and max are the same ever goes",
            pool.idle_after,
            fix="lower min, or leave idle_after out",
        )


def _zones(pool: Pool, where: str, target: CloudTarget) -> Iterator[Problem]:
    for place, zone in enumerate(pool.zones):
        if zone not in target.zones:
            yield Problem(
                f"{where}.zones[{place}]",
                "the cluster does not use this zone",
                zone,
                one_of(target.zones, zone),
                "add it to platform.target.zones, or choose another",
            )
    if len(pool.zones) > 1 and (pool.placement == "compact" or pool.topology):
        why = "nodes that stand near each other are in one zone"
        yield Problem(
            f"{where}.zones", why, ", ".join(pool.zones), fix="name one zone, and a pool for each other"
        )


def _slices(pool: Pool, where: str, machine: MachineRow) -> Iterator[Problem]:
    if pool.topology is None:
        if machine.topologies:
            allowed = ", ".join(machine.topologies)
            what = f"machine {machine.name} forms TPU slices: the pool must say their shape"
            yield Problem(f"{where}.topology", what, allowed=allowed, fix="add topology")
        return
    if pool.topology not in machine.topologies:
        what = f"machine {machine.name} forms no slice of this shape"
        allowed = ", ".join(machine.topologies) or "none: it carries no TPU"
        yield Problem(f"{where}.topology", what, pool.topology, allowed)
        return
    nodes = slice_nodes(pool.topology, machine)
    for field, count in (("min", pool.min), ("max", pool.max)):
        if count % nodes:
            yield Problem(
                f"{where}.{field}",
                f"a slice {pool.topology} of {machine.name} is {nodes} nodes, and only whole slices can be made",
                str(count),
                f"a multiple of {nodes}",
            )


def _fabric(pool: Pool, where: str, machine: MachineRow) -> Iterator[Problem]:
    if pool.fabric == "required" and machine.fabric == "none":
        what = f"machine {machine.name} has no fast network"
        yield Problem(f"{where}.fabric", what, pool.fabric, "auto, off", "choose a machine that has one")
    if pool.local_disks == "raw" and not machine.local_disks:
        what = f"machine {machine.name} has no disks inside"
        yield Problem(f"{where}.local_disks", what, pool.local_disks, "ephemeral, off")


def _image(pool: Pool, where: str, machine: MachineRow, catalog: Catalog) -> Iterator[Problem]:
    if pool.image is None:
        return
    if not machine.node_images:
        yield Problem(f"{where}.image", f"machine {machine.name} has no choice of images", pool.image)
    elif pool.image not in machine.node_images or image_of(pool, machine, catalog) is None:
        what = f"machine {machine.name} does not run this image"
        yield Problem(f"{where}.image", what, pool.image, one_of(machine.node_images, pool.image))


def _version(where: str, machine: MachineRow, version: str) -> Iterator[Problem]:
    oldest = machine.kubernetes_from
    if oldest and _minor(version) < _minor(oldest):
        yield Problem(
            f"{where}.machine",
            f"machine {machine.name} needs Kubernetes {oldest} or newer, the platform has {version}",
            machine.name,
            fix="raise platform.target.version, or choose another machine",
        )


def _size(where: str, machine: MachineRow) -> Iterator[Problem]:
    if machine.vcpus is None or machine.memory_mib is None:
        what = f"no table that the catalogue is made from has the size of machine {machine.name}"
        fix = "choose another machine, or add vcpus and memory_mib to its row with their source"
        yield Problem(f"{where}.machine", what, machine.name, fix=fix)


def _minor(version: str) -> int:
    return int(version.split(".")[1])


def overlaps(pools: Mapping[int, Pool], choices: Mapping[int, Choice], root: str) -> Iterator[Problem]:
    """Two pools of one accelerator whose ladders differ but share a step: one queue flavor would count the
    other's nodes."""
    first: dict[tuple[str | None, str], int] = {}
    for place, choice in choices.items():
        asked = asked_as(pools[place], choice.machine.accelerator)
        for word in pools[place].capacity:
            earlier = first.setdefault((asked, word), place)
            if pools[earlier].capacity != pools[place].capacity:
                name = asked or "plain nodes"
                yield Problem(
                    f"{root}[{place}].capacity",
                    f"{root}[{earlier}] has {name} of capacity {word} too, in another ladder: the queue could not"
                    " tell their nodes apart",
                    ", ".join(pools[place].capacity),
                    f"the same as there ({', '.join(pools[earlier].capacity)}), or no step in common",
                )
                break
